/** Of what an action allows all jobs together. */
export const actionLimiter = (action: string) => `action/${action}`;

/** Of a stage's rate; it is forgotten with its job. */
export const stageRateLimiter = (jobId: string, epoch: string, stage: number) =>
  `stage/${jobId}/${epoch}/${stage}/rate`;

/** Of a stage's slots when they have become fewer than its chunks have; it is forgotten with its job. */
export const stageSlotLimiter = (jobId: string, epoch: string, stage: number) =>
  `stage/${jobId}/${epoch}/${stage}/slots`;

export const isStageLimiter = (key: string) => key.startsWith("stage/");

/** Of what an action allows all jobs together. */
export const actionLimiter = (action: string) => `action/${action}`;

/** Of a stage's rate; it is forgotten with its job. */
export const stageLimiter = (jobId: string, epoch: string, stage: number) =>
  `stage/${jobId}/${epoch}/${stage}`;

export const isStageLimiter = (key: string) => key.startsWith("stage/");

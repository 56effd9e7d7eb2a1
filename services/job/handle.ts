import type { JobHandle } from "../contract/handlers.ts";

/** Where a job is reached. */
export function jobHandle(publicUrl: string, jobId: string): JobHandle {
  const uri = `${publicUrl.replace(/\/+$/, "")}/Job/${encodeURIComponent(jobId)}`;
  return {
    jobId,
    uri,
    statusUri: `${uri}/status`,
    outcomeUri: `${uri}/outcome`,
    resultsUri: `${uri}/results`,
    eventUri: `${uri}/raiseEvent`,
    cancelUri: `${uri}/cancel`,
    purgeUri: `${uri}/purge`,
  };
}

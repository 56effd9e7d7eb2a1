import { CancelledError, type Context } from "@restatedev/restate-sdk";
import type { JobOutcome } from "../contract/job-outcome.ts";
import type { JobRequest } from "../contract/job-request.ts";
import { isRefused } from "../notify/refused.ts";
import { awaitOutcome, sendCancel, submitJob } from "../wire/calls.ts";

/** Runs a job to its end, however long that takes; it is cancelled with this invocation. */
export async function followSubJob(
  ctx: Context,
  jobId: string,
  request: JobRequest,
): Promise<JobOutcome> {
  try {
    await submitJob(ctx, jobId, request);
    for (;;) {
      const outcome = await outcomeSoon(ctx, jobId);
      if (outcome) return outcome;
    }
  } catch (error) {
    if (error instanceof CancelledError) sendCancel(ctx, jobId, "its parent was cancelled");
    throw error;
  }
}

// --- internal ---

/** Null: it still runs. */
async function outcomeSoon(ctx: Context, jobId: string): Promise<JobOutcome | null> {
  try {
    return await awaitOutcome(ctx, jobId, {});
  } catch (error) {
    if (isRefused(error, "STILL_RUNNING")) return null;
    throw error;
  }
}

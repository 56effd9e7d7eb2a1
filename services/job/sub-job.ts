import {
  CancelledError,
  RestatePromise,
  type Context,
  type internal,
} from "@restatedev/restate-sdk";
import type { JobOutcome } from "../contract/job-outcome.ts";
import type { JobRequest } from "../contract/job-request.ts";
import { isRefused } from "../notify/refused.ts";
import { awaitOutcome, sendCancel, submitJob } from "../wire/calls.ts";

/**
 * Runs a job to its end, however long that takes; it is cancelled with this invocation, whose cancellation
 * is explicit: it is heard of once the job is known to be this one, and not another's with the same id.
 */
export async function followSubJob(
  ctx: Context,
  jobId: string,
  request: JobRequest,
): Promise<JobOutcome> {
  await submitJob(ctx, jobId, request);
  const cancelled = cancellation(ctx).map((): typeof CANCELLED => CANCELLED);
  for (;;) {
    const outcome = await RestatePromise.race([outcomeSoon(ctx, jobId), cancelled]);
    if (outcome === CANCELLED) {
      sendCancel(ctx, jobId, "its parent was cancelled");
      throw new CancelledError();
    }
    if (outcome) return outcome;
  }
}

// --- internal ---

const CANCELLED = "cancelled";

const cancellation = (ctx: Context) => (ctx as internal.ContextInternal).cancellation();

/** Null: it still runs. */
function outcomeSoon(ctx: Context, jobId: string): RestatePromise<JobOutcome | null> {
  return awaitOutcome(ctx, jobId, {}).map((outcome, error) => {
    if (outcome) return outcome;
    if (isRefused(error, "STILL_RUNNING")) return null;
    throw error;
  });
}

import type { Context, RestatePromise } from "@restatedev/restate-sdk";
import type { JobOutcome } from "./contract/job-outcome.ts";
import type { NewJobRequest } from "./contract/job-request.ts";
import { runSubJob } from "./wire/calls.ts";

/**
 * Runs a job from within a Restate handler, a durable action for one, and gives its outcome when it has
 * ended, FAILED or not. It is cancelled when its caller is. Refusals reject it with the codes of `submit`.
 *
 * @example const { result } = await runJob(ctx, { action: "score", fanout: { foreach: { items } } });
 */
export function runJob(ctx: Context, request: NewJobRequest): RestatePromise<JobOutcome> {
  return runSubJob(ctx, request);
}

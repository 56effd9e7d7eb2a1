import type { AnyAction } from "../actions.ts";
import { sharedLimits } from "../job/core/plan.ts";
import { actionLimiter, stageLimiter } from "../limits/keys.ts";
import type { ChunkSpec } from "./chunk-spec.ts";
import type { LimiterRef } from "./executor/lease.ts";

/** The limiters that must grant what a chunk does: its stage's, if it has a rate, then its action's. */
export function limitersOf(
  { jobId, epoch, stage, chunk, plan }: ChunkSpec,
  action: AnyAction,
): LimiterRef[] {
  const limiters: LimiterRef[] = [];
  const { rate } = plan;
  if (rate) {
    const key = stageLimiter(jobId, epoch, stage);
    // A later chunk knows of a later change.
    limiters.push({ kind: "rate", key, limits: { concurrency: null, rate }, version: chunk });
  }
  const limits = sharedLimits(action);
  if (limits)
    limiters.push({ kind: "limiter", key: actionLimiter(action.name), limits, version: 0 });
  return limiters;
}

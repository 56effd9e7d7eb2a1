import type { Limits } from "../limits/core/lease.ts";
import { actionLimiter, stageLimiter } from "../limits/keys.ts";
import type { ChunkSpec } from "./chunk-spec.ts";
import type { LimiterRef } from "./executor/lease.ts";

/**
 * The limiters that must grant what a chunk does: its stage's, if it has a rate, then its action's, if
 * that shares limits among all jobs.
 */
export function limitersOf(
  { jobId, epoch, stage, chunk, plan }: ChunkSpec,
  shared: Limits | null,
): LimiterRef[] {
  const limiters: LimiterRef[] = [];
  const { rate } = plan;
  if (rate) {
    const key = stageLimiter(jobId, epoch, stage);
    // A later chunk knows of a later change.
    limiters.push({ kind: "rate", key, limits: { concurrency: null, rate }, version: chunk });
  }
  if (shared) {
    limiters.push({ kind: "limiter", key: actionLimiter(plan.action), limits: shared, version: 0 });
  }
  return limiters;
}

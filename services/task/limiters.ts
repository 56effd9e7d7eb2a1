import { SOURCE } from "../contract/task.ts";
import type { Limits } from "../limits/core/lease.ts";
import { actionLimiter, stageRateLimiter, stageSlotLimiter } from "../limits/keys.ts";
import type { ChunkSpec } from "./chunk-spec.ts";
import type { StageLimits } from "./directive.ts";
import type { LimiterRef } from "./executor/lease.ts";

/** The limiters that must grant what a chunk does while its stage allows this. */
export type LimitersUnder = (allowed: StageLimits) => readonly LimiterRef[];

/**
 * Its stage's slots, if chunks in flight have more than they may use, its stage's rate, if it has one, then
 * its action's limiter, if that shares limits among all jobs.
 */
export function limitersOf(
  { jobId, epoch, stage, plan }: ChunkSpec,
  shared: Limits | null,
): LimitersUnder {
  return ({ order: version, limits: { concurrency, rate } }) => {
    const limiters: LimiterRef[] = [];
    if (concurrency !== null) {
      const key = stageSlotLimiter(jobId, epoch, stage);
      limiters.push({ kind: "slots", key, limits: { concurrency, rate: null }, version });
    }
    if (rate) {
      const key = stageRateLimiter(jobId, epoch, stage);
      limiters.push({ kind: "rate", key, limits: { concurrency: null, rate }, version });
    }
    if (shared) {
      const key = actionLimiter(plan.action);
      limiters.push({ kind: "limiter", key, limits: shared, version: 0 });
    }
    return limiters;
  };
}

/** Slots that a runner may use before it is told. One that takes up a killed one's chunk has to ask. */
export const grantedAtFirst = ({ stage, window, takeovers }: ChunkSpec): number =>
  takeovers > 0 && stage !== SOURCE ? 0 : window;

/** What its stage allowed when the chunk was sent. */
export const allowedAtFirst = ({ order, plan: { rate } }: ChunkSpec): StageLimits => ({
  order,
  limits: { concurrency: null, rate },
});

import type { RetryPlan } from "../../job/core/plan.ts";

/**
 * How long to wait before the next attempt, in milliseconds; null when there is none.
 * Exponential, with jitter anywhere in the upper half (equal jitter, AWS Architecture Blog, 2015).
 */
export function retryDelay(
  plan: RetryPlan,
  failure: { attempts: number; isFinal: boolean; retryAfterMs: number | null },
  random: () => number,
): number | null {
  if (failure.isFinal || failure.attempts >= plan.maxAttempts) return null;
  if (failure.retryAfterMs !== null) return failure.retryAfterMs;
  // Bounded before it is multiplied: nothing times infinity is no time at all.
  const growth = Math.min(plan.factor ** (failure.attempts - 1), Number.MAX_SAFE_INTEGER);
  const full = Math.min(plan.maxMs, plan.initialMs * growth);
  return plan.jitter ? full / 2 + (full / 2) * random() : full;
}

import { TimeoutError, type RestatePromise } from "@restatedev/restate-sdk";
import { Duration, durationMs } from "../contract/duration.ts";
import { checkFuture, misuse } from "./misuse.ts";
import { outcomeOf } from "./outcome.ts";

/**
 * The future's value or error if it settles in time, else `fallback`, or a TimeoutError if none is given.
 * What the future stands for goes on.
 *
 * @example const score = await withTimeout(fraud.check(order), "300ms", "unknown");
 */
export function withTimeout<Value>(
  future: RestatePromise<Value>,
  duration: Duration,
): RestatePromise<Value>;
export function withTimeout<Value, Fallback>(
  future: RestatePromise<Value>,
  duration: Duration,
  fallback: Fallback,
): RestatePromise<Value | Fallback>;
export function withTimeout<Value, Fallback>(
  future: RestatePromise<Value>,
  duration: Duration,
  ...fallback: readonly Fallback[]
): RestatePromise<Value | Fallback> {
  checkFuture("withTimeout: future", future);
  const { error } = Duration.safeParse(duration);
  if (error) throw misuse(`withTimeout: duration ${error.issues[0]?.message ?? "is wrong"}`);
  // The future's own error passes the clock as a value: it may be a TimeoutError too.
  return future
    .map(outcomeOf)
    .orTimeout(durationMs(duration))
    .map((outcome, late) => {
      if (outcome?.ok) return outcome.value;
      if (late instanceof TimeoutError && fallback.length > 0) return fallback[0] as Fallback;
      throw outcome?.error ?? late;
    });
}

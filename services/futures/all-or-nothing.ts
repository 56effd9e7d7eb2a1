import { CancelledError, RestatePromise, type Context } from "@restatedev/restate-sdk";
import { isCall } from "./is-call.ts";
import { checkFutures } from "./misuse.ts";
import type { Futures, Values } from "./outcome.ts";

/**
 * The values of all futures, or the error of the first that fails: then every call among them is
 * cancelled. What has no invocation (`ctx.run`, `ctx.sleep`, a future that was mapped) is left alone.
 *
 * @example const [stock, payment] = await allOrNothing(ctx, shop.reserve(order), bank.charge(order));
 */
export async function allOrNothing<Given extends Futures>(
  ctx: Context,
  ...futures: Given
): Promise<Values<Given>> {
  checkFutures("allOrNothing", futures);
  try {
    return await RestatePromise.all(futures);
  } catch (error) {
    // When this handler is cancelled, Restate cancels its calls itself.
    if (!(error instanceof CancelledError)) await cancelCalls(ctx, futures);
    throw error;
  }
}

// --- internal ---

/** Those that have ended already do not mind. */
async function cancelCalls(ctx: Context, futures: Futures): Promise<void> {
  for (const future of futures) {
    if (isCall(future)) ctx.cancel(await future.invocationId);
  }
}

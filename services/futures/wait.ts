import { checkFutures } from "./misuse.ts";
import { OpenFutures, WINDOW } from "./open-futures.ts";
import type { Futures, Settled } from "./outcome.ts";

/**
 * Gives each future as it settles, in the order of completion; a replay gives the same order. At most
 * the first 64 that have not settled are looked at, so n futures cost O(n) and not O(n²). Those that
 * settled while the handler awaited something else come in the order of the arguments.
 *
 * @example
 * for await (const end of wait(a, b)) {
 *   if (end.ok) ctx.console.log(`${end.index} returned ${end.value}`);
 * }
 */
export function wait<Given extends Futures>(
  ...futures: Given
): AsyncGenerator<Settled<Given>, void, undefined> {
  checkFutures("wait", futures);
  return settled(futures, WINDOW);
}

/** Each future as it settles, `window` of them looked at. */
export async function* settled<Given extends Futures>(
  futures: Given,
  window: number,
): AsyncGenerator<Settled<Given>, void, undefined> {
  const open = new OpenFutures<number, unknown>();
  for (const [index, future] of futures.entries()) open.add(index, future);
  while (open.size > 0) {
    for (const { tag, outcome } of await open.ends(window)) {
      yield { index: tag, ...outcome } as Settled<Given>;
    }
  }
}

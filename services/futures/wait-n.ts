import { checkFutures, checkWhole, misuse } from "./misuse.ts";
import type { Futures, Settled } from "./outcome.ts";
import { settled } from "./wait.ts";

/** The first future to settle, be it with a value or an error. The others go on. */
export async function waitFirst<Given extends Futures>(...futures: Given): Promise<Settled<Given>> {
  checkFutures("waitFirst", futures);
  for await (const end of settled(futures, futures.length)) return end;
  throw misuse("waitFirst needs at least one future, got none");
}

/**
 * The first `n` futures to settle, in the order of completion. The others go on.
 *
 * All futures are looked at, not a window of them, since any may be among the first: O(n · futures).
 */
export async function waitN<Given extends Futures>(
  n: number,
  ...futures: Given
): Promise<Settled<Given>[]> {
  checkFutures("waitN", futures);
  checkWhole("waitN: n", n, 0, futures.length);
  const ends: Settled<Given>[] = [];
  if (n === 0) return ends;
  for await (const end of settled(futures, futures.length)) {
    if (ends.push(end) === n) break;
  }
  return ends;
}

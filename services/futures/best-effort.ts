import { checkFutures } from "./misuse.ts";
import type { Failed, Futures, Settled, Succeeded } from "./outcome.ts";
import { settled } from "./wait.ts";
import { WINDOW } from "./open-futures.ts";

/** Waits for all futures; those that succeeded and those that failed, each in the order of the arguments. */
export async function bestEffort<Given extends Futures>(
  ...futures: Given
): Promise<{ succeeded: Succeeded<Given>[]; failed: Failed<Given>[] }> {
  checkFutures("bestEffort", futures);
  const ends: Settled<Given>[] = [];
  for await (const end of settled(futures, WINDOW)) ends.push(end);
  ends.sort((a, b) => a.index - b.index);
  return {
    succeeded: ends.filter((end): end is Succeeded<Given> => end.ok),
    failed: ends.filter((end): end is Failed<Given> => !end.ok),
  };
}

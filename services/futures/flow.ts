import { RestatePromise, TerminalError, type Context } from "@restatedev/restate-sdk";
import { isCall } from "./is-call.ts";
import { checkFuture } from "./misuse.ts";
import { OpenFutures, WINDOW } from "./open-futures.ts";
import type { Outcome } from "./outcome.ts";

/** Starts what is to be done with one item. A TerminalError that it throws is the item's. */
export type Step<In, Out> = (item: In, index: number, ctx: Context) => RestatePromise<Out>;

/**
 * Takes every item through all steps, at most `concurrency` items at a time: what became of each, in the
 * order of the items. An item goes on as soon as its step has succeeded; its first failure is its outcome.
 */
export async function flow(
  ctx: Context,
  items: readonly unknown[],
  steps: readonly Step<never, unknown>[],
  concurrency: number,
): Promise<Outcome<unknown>[]> {
  const outcomes: Outcome<unknown>[] = [];
  const open = new OpenFutures<Place, unknown>();
  let newest: RestatePromise<unknown> | undefined;
  const enter = (place: Place, value: unknown) => {
    const step = steps[place.step];
    if (step) open.add(place, (newest = begin(step, value, place.index, ctx)));
    else outcomes[place.index] = { ok: true, value };
  };

  let next = 0;
  for (;;) {
    while (next < items.length && open.size < concurrency) {
      enter({ index: next, step: 0 }, items[next]);
      next++;
    }
    if (open.size === 0) return outcomes;
    // While the server takes the newest call in, others end. One look then sees them all.
    if (newest && isCall(newest)) await newest.invocationId;
    newest = undefined;
    // Whichever ends makes room for an item; when there are no more it does not matter who is first.
    const window = next < items.length ? concurrency : WINDOW;
    for (const { tag, outcome } of await open.ends(window)) {
      if (outcome.ok) enter({ index: tag.index, step: tag.step + 1 }, outcome.value);
      else outcomes[tag.index] = outcome;
    }
  }
}

// --- internal ---

interface Place {
  readonly index: number;
  readonly step: number;
}

function begin(
  step: Step<never, unknown>,
  value: unknown,
  index: number,
  ctx: Context,
): RestatePromise<unknown> {
  let future: RestatePromise<unknown>;
  try {
    future = step(value as never, index, ctx);
  } catch (error) {
    if (error instanceof TerminalError) return RestatePromise.reject(error);
    throw error;
  }
  checkFuture(`what is done with item ${index}`, future);
  return future;
}

import { RestatePromise, TerminalError, type Context } from "@restatedev/restate-sdk";
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
  const open = new OpenFutures<Place, unknown>(WINDOW);
  const enter = (place: Place, value: unknown) => {
    const step = steps[place.step];
    if (step) open.add(place, begin(step, value, place.index, ctx));
    else outcomes[place.index] = { ok: true, value };
  };

  let next = 0;
  for (;;) {
    while (next < items.length && open.size < concurrency) {
      enter({ index: next, step: 0 }, items[next]);
      next++;
    }
    if (open.size === 0) return outcomes;
    for (const { tag, outcome } of await open.ends()) {
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

import { RestatePromise } from "@restatedev/restate-sdk";
import { outcomeOf, type Outcome } from "./outcome.ts";

/** How many futures are looked at together: each look costs as many steps. */
export const WINDOW = 64;

/** A future that has settled, under the tag it was added with. */
export interface End<Tag, Value> {
  readonly tag: Tag;
  readonly outcome: Outcome<Value>;
}

/**
 * Futures that are awaited together.
 *
 * 1. Who settled first is read from the journal only, so a replay sees the same order.
 * 2. Each `ends` costs O(window), however many are open.
 */
export class OpenFutures<Tag, Value> {
  readonly #open = new Set<RestatePromise<void>>();
  #ended: End<Tag, Value>[] = [];

  /** How many have not been given back. */
  get size(): number {
    return this.#open.size + this.#ended.length;
  }

  add(tag: Tag, future: RestatePromise<Value>): void {
    const open: RestatePromise<void> = future.map((value, error) => {
      this.#open.delete(open);
      this.#ended.push({ tag, outcome: outcomeOf(value, error) });
    });
    this.#open.add(open);
  }

  /** Waits until one of the oldest `window` has settled. Those that are known to have come with it. */
  async ends(window: number): Promise<End<Tag, Value>[]> {
    if (this.#ended.length === 0) await RestatePromise.race(this.#oldest(window));
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }

  // --- internal ---

  #oldest(window: number): RestatePromise<void>[] {
    const oldest: RestatePromise<void>[] = [];
    for (const future of this.#open) {
      if (oldest.push(future) >= window) break;
    }
    return oldest;
  }
}

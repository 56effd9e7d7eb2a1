import { SOURCE } from "../../contract/task.ts";
import type { GroupHead } from "./group.ts";

export interface SlotsBefore {
  readonly stage: number;
  /** slots that the chunk was given, as far as it knows */
  readonly granted: number;
  /** slots that earlier attempts have released */
  readonly released: number;
}

/**
 * How many tasks of a chunk may run at once: the slots that its job has given it, less those that it has
 * released. Both are totals that only grow, so that what crosses on its way, or is lost, changes nothing.
 */
export class Slots {
  readonly #least: number;
  #granted: number;
  #released: number;
  #wants = 0;
  /** what the job was told last */
  #told = { released: 0, wants: 0 };

  constructor({ stage, granted, released }: SlotsBefore) {
    // Nobody else could use the slot of who reads a page.
    this.#least = stage === SOURCE ? 1 : 0;
    this.#granted = granted;
    this.#released = released;
  }

  get count(): number {
    return Math.max(0, this.#granted - this.#released);
  }

  /** `total`: those included that it has released. */
  grant(total: number): void {
    this.#granted = Math.max(this.#granted, total);
  }

  /** Releases what is not needed. */
  keep(needed: number): void {
    this.#released += Math.max(0, this.count - Math.max(this.#least, needed));
  }

  /** It could use this many at once. */
  want(attempts: number): void {
    this.#wants = attempts > this.count ? this.#released + attempts : 0;
  }

  /** It has released some, or wants more, than the job knows. */
  get hasNews(): boolean {
    return this.#released > this.#told.released || this.#wants > this.#told.wants;
  }

  /** The job is being told. */
  told(): void {
    this.#told = { released: this.#released, wants: this.#wants };
  }

  /** What a group says of them: nothing while the chunk has what it was sent with, and enough. */
  get head(): Pick<GroupHead, "released" | "wants"> {
    return {
      ...(this.#released > 0 ? { released: this.#released } : {}),
      ...(this.#wants > 0 ? { wants: this.#wants } : {}),
    };
  }
}

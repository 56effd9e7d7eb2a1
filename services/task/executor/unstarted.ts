import type { PendingTask } from "./group.ts";

/**
 * Tasks of a chunk that have not been started, in index order. Those beyond `lastKnown` were not started by
 * an earlier attempt either: they may go back to the job, once.
 */
export class Unstarted {
  readonly #tasks: readonly PendingTask[];
  readonly #lastKnown: number;
  #next = 0;
  #end: number;
  #returnedFrom: number | null = null;

  constructor(tasks: readonly PendingTask[], lastKnown: number) {
    this.#tasks = tasks;
    this.#lastKnown = lastKnown;
    this.#end = tasks.length;
  }

  get isEmpty(): boolean {
    return this.#next >= this.#end;
  }

  get size(): number {
    return Math.max(0, this.#end - this.#next);
  }

  get mayReturn(): boolean {
    return !this.isEmpty && this.#tasks[this.#end - 1]!.index > this.#lastKnown;
  }

  next(): PendingTask | undefined {
    return this.isEmpty ? undefined : this.#tasks[this.#next++];
  }

  /** All that must be kept. */
  takeAll(): PendingTask[] {
    this.giveBack();
    const all = this.#tasks.slice(this.#next, this.#end);
    this.#next = this.#end;
    return all;
  }

  /** Lets go of those that may go back; the next group says so. */
  giveBack(): void {
    if (!this.mayReturn) return;
    while (this.mayReturn) this.#end -= 1;
    this.#returnedFrom = this.#tasks[this.#end]!.index;
  }

  /** From which index on tasks have gone back since this was last asked; null: none has. */
  takeReturned(): number | null {
    const from = this.#returnedFrom;
    this.#returnedFrom = null;
    return from;
  }
}

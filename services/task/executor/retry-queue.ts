import type { Clock } from "./clock.ts";
import type { PendingTask } from "./group.ts";

/** Tasks that wait for their next attempt, the next one first. */
export class RetryQueue {
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #tasks: PendingTask[] = [];
  #cancelTimer: (() => void) | null = null;
  #wakeAt = Infinity;

  /** `wake` is called when a task becomes ready. */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  get size(): number {
    return this.#tasks.length;
  }

  get nextAt(): number | null {
    return this.#tasks[0]?.readyAt ?? null;
  }

  /** Tasks whose next attempt is due. */
  readyCount(now: number): number {
    const at = this.#tasks.findIndex(({ readyAt }) => readyAt > now);
    return at === -1 ? this.#tasks.length : at;
  }

  /** Slots to keep for what waits: one for each task that is due soon. */
  slotsNeeded(now: number): number {
    return this.readyCount(now + SOON_MS);
  }

  add(task: PendingTask): void {
    let at = this.#tasks.length;
    while (at > 0 && this.#tasks[at - 1]!.readyAt > task.readyAt) at -= 1;
    this.#tasks.splice(at, 0, task);
    if (task.readyAt < this.#wakeAt) this.#arm();
  }

  takeReady(now: number): PendingTask | undefined {
    const [task] = this.#tasks;
    return task && task.readyAt <= now ? this.#tasks.shift() : undefined;
  }

  takeAll(): PendingTask[] {
    const all = this.#tasks.splice(0);
    this.#arm();
    return all;
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  // --- internal ---

  /** One that is ready and finds no free slot is taken when a slot is. */
  #arm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const now = this.#clock.now();
    this.#wakeAt = this.#tasks.find(({ readyAt }) => readyAt > now)?.readyAt ?? Infinity;
    if (this.#wakeAt === Infinity) return;
    this.#cancelTimer = this.#clock.timer(Math.max(1, this.#wakeAt - now), () => {
      // In this order: a task that is not ready yet when the next timer is set is ready when that rings.
      this.#arm();
      this.#wake();
    });
  }
}

/** Slots that lie idle for this long cost less than to release them and to ask for others. */
const SOON_MS = 5_000;

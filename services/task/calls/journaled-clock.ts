import type { Clock } from "../executor/clock.ts";

/** A clock that stands at the last time the journal knows. Moved on, it rings the alarms that are due. */
export class JournaledClock implements Clock {
  readonly #alarms = new Set<{ readonly at: number; readonly wake: () => void }>();
  #now: number;

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  timer(ms: number, wake: () => void): () => void {
    const alarm = { at: this.#now + ms, wake };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** When the next alarm is due; Infinity: none is set. */
  get nextAt(): number {
    let next = Infinity;
    for (const { at } of this.#alarms) next = Math.min(next, at);
    return next;
  }

  /** Never back: another process may look at another clock. */
  moveTo(now: number): void {
    this.#now = Math.max(this.#now, now);
    const due = [...this.#alarms].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    for (const alarm of due) if (this.#alarms.delete(alarm)) alarm.wake();
  }
}

import type { Clock } from "../../../services/task/executor/clock.ts";
import { turn } from "../../../services/task/executor/turn.ts";

/** A clock that stands still until it is turned. Between its alarms everything that can run does run. */
export class FakeClock implements Clock {
  readonly #alarms = new Set<{ readonly at: number; readonly wake: () => void }>();
  #now: number;

  constructor(now = 1_000_000) {
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

  /** How many alarms are set: none may be left behind. */
  get alarms(): number {
    return this.#alarms.size;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.timer(ms, resolve));
  }

  /** Time passes while code holds the thread: no alarm rings. */
  pass(ms: number): void {
    this.#now += ms;
  }

  /** Lets time pass. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let next = this.#next(); next && next.at <= end; next = this.#next()) await this.#ring();
    this.#now = end;
    await settled();
  }

  /** Lets as much time pass as the promise needs; fails when it would be pending for ever. */
  async until<Value>(promise: Promise<Value>): Promise<Value> {
    const end = this.#now + DAY_MS;
    let isPending = true;
    const watched = promise.finally(() => (isPending = false));
    watched.catch(() => undefined);
    await settled();
    while (isPending) {
      if (!this.#next()) throw new Error("stuck: no alarm is set and the promise is pending");
      if (this.#now > end) throw new Error("stuck: the promise is pending after a day");
      await this.#ring();
    }
    return watched;
  }

  // --- internal ---

  #next() {
    const [first, ...others] = this.#alarms;
    return first && others.reduce((a, b) => (b.at < a.at ? b : a), first);
  }

  async #ring(): Promise<void> {
    const alarm = this.#next()!;
    this.#alarms.delete(alarm);
    this.#now = Math.max(this.#now, alarm.at);
    alarm.wake();
    await settled();
  }
}

const DAY_MS = 86_400_000;

/** Twice at least: what runs in the first turn may ask for another. */
export async function settled(): Promise<void> {
  await oneTurn();
  do await oneTurn();
  while (!turn.isQuiet);
}

const oneTurn = () => new Promise((resolve) => setImmediate(resolve));

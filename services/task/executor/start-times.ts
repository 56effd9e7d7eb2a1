import { HORIZON_MS, type Starts } from "../../limits/core/starts.ts";

/** The times that a limiter has given for attempts to start. One that was missed by too much is lost. */
export class StartTimes {
  readonly #times: number[] = [];

  add({ inMs, everyMs, count }: Starts, now: number): void {
    for (let at = 0; at < count; at += 1) this.#times.push(now + inMs + at * everyMs);
  }

  /** How many there are. */
  count(now: number): number {
    while (this.#times[0] !== undefined && this.#times[0] < now - HORIZON_MS) this.#times.shift();
    return this.#times.length;
  }

  /** The earliest; Infinity: there is none. */
  next(now: number): number {
    return this.count(now) > 0 ? this.#times[0]! : Infinity;
  }

  use(): void {
    this.#times.shift();
  }
}

import type { Clock } from "./clock.ts";
import { turn } from "./turn.ts";

/** Starts one thing after the other while that is allowed, in the turns that the process has for it. */
export class Pump {
  readonly #clock: Clock;
  readonly #isAllowed: (now: number) => boolean;
  readonly #startOne: (now: number) => boolean;
  #isRunning = false;
  /** waits for a turn with time for it */
  #isQueued = false;

  /** `startOne` answers false when there is nothing to start. */
  constructor(
    clock: Clock,
    isAllowed: (now: number) => boolean,
    startOne: (now: number) => boolean,
  ) {
    this.#clock = clock;
    this.#isAllowed = isAllowed;
    this.#startOne = startOne;
  }

  /** May be called at any time, also by what it starts. */
  readonly run = (): void => {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let now = this.#clock.now(); this.#isAllowed(now); now = this.#clock.now()) {
      if (this.#isQueued || !turn.hasTime(now, this.#resume)) {
        this.#isQueued = true;
        break;
      }
      if (!this.#startOne(now)) break;
    }
    this.#isRunning = false;
  };

  // --- internal ---

  readonly #resume = (): void => {
    this.#isQueued = false;
    this.run();
  };
}

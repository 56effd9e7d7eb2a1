import { admission, type Entry } from "../task/executor/admission.ts";
import type { Clock } from "../task/executor/clock.ts";
import { turn } from "../task/executor/turn.ts";

export interface GateOptions {
  readonly jobId: string;
  /** it may run while others are held back */
  readonly isSuspect: boolean;
  readonly clock: Clock;
}

/** Lets a fold's code run when its process has room for it, and for no longer than others can wait. */
export class Gate {
  readonly #options: GateOptions;
  readonly #entry: Entry;
  /** called when the code may run again, or never will */
  #moved: (() => void) | null = null;
  #isInside = false;
  #isShut = false;

  constructor(options: GateOptions) {
    const { jobId, isSuspect } = options;
    this.#options = options;
    this.#entry = admission.enter(jobId, () => this.#moved?.(), { isSuspect });
  }

  /** Waits until the code may run: false if that is not before `until`. */
  async pass(until: number): Promise<boolean> {
    const { clock, isSuspect } = this.#options;
    for (let now = clock.now(); now < until && !this.#isShut; now = clock.now()) {
      const isHeld = !admission.isOpen && !isSuspect;
      if (this.#isInside ? isHeld : !this.#entry.mayStart()) {
        this.leave();
        await this.#opening(until);
        continue;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      if (turn.hasTime(now, resolve)) {
        this.#enter();
        return true;
      }
      await promise;
    }
    return false;
  }

  /** The code does not run any more, for the moment. */
  leave(): void {
    if (this.#isInside) this.#entry.ended();
    this.#isInside = false;
  }

  /** Nobody passes any more. */
  shut(): void {
    this.#isShut = true;
    this.#moved?.();
  }

  /** The code will never run again. */
  close(): void {
    this.shut();
    this.leave();
    this.#entry.leave();
  }

  // --- internal ---

  async #opening(until: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { clock } = this.#options;
    const cancel = clock.timer(Math.max(1, until - clock.now()), resolve);
    this.#moved = resolve;
    await promise;
    cancel();
  }

  #enter(): void {
    if (!this.#isInside) this.#entry.started();
    this.#isInside = true;
  }
}

import type { CallTarget } from "../../job/core/call-target.ts";
import { systemClock } from "../executor/clock.ts";
import { WORKER } from "../executor/worker.ts";
import type { Look } from "./call-execution.ts";
import type { HandlerFinder } from "./handler-finder.ts";

/** From one look to the next while things happen. */
export const LOOK_MS = 500;

/** A look at the clock, `LOOK_MS` after the one before it or as soon as somebody is in a hurry. */
export class PendingLook {
  readonly #dueAt: number;
  #isHurried = false;
  #wake: (() => void) | null = null;

  constructor(lastAt: number) {
    this.#dueAt = lastAt + LOOK_MS;
  }

  hurry(): void {
    this.#isHurried = true;
    this.#wake?.();
  }

  /** To be made durable by who calls it. `moments`: when something happened since the last look. */
  async take(finder: HandlerFinder, target: CallTarget, moments: readonly number[]): Promise<Look> {
    const ms = this.#dueAt - systemClock.now();
    if (ms > 0 && !this.#isHurried) {
      await new Promise<void>((resolve) => {
        const cancel = systemClock.timer(ms, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
    const isThere = await finder.isThere(target);
    const at = Math.round(systemClock.now());
    const ago = moments.map((moment) => Math.max(0, Math.round(at - moment)));
    return { at, worker: WORKER, isThere, ago };
  }
}

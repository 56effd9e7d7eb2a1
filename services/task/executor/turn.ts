import { AsyncLocalStorage } from "node:async_hooks";

/**
 * What the whole process does in one turn of the event loop. Tasks that have ended are followed by others at
 * its end, once for all of a chunk; and not for long, since short tasks could go on starting each other for
 * ever: sockets, timers and other chunks' tasks get their turn in between.
 */
class Turn {
  readonly #waiting: (() => void)[] = [];
  /** when the first task of this turn was started */
  #since: number | null = null;
  #isEndAwaited = false;

  /** Nobody waits for its end. */
  get isQuiet(): boolean {
    return !this.#isEndAwaited;
  }

  /** Calls it at the end of this turn, after the timers, sockets and promises that were ready. */
  soon(resume: () => void): void {
    this.#waiting.push(resume);
    this.#awaitEnd();
  }

  /** Whether tasks may still start in this turn. If not, `resume` is called in a later one. */
  hasTime(now: number, resume: () => void): boolean {
    if (this.#since === null) {
      this.#since = now;
      this.#awaitEnd();
    }
    if (now - this.#since <= TURN_MS) return true;
    this.#waiting.push(resume);
    return false;
  }

  // --- internal ---

  #awaitEnd(): void {
    if (this.#isEndAwaited) return;
    this.#isEndAwaited = true;
    setImmediate(this.#end);
  }

  /**
   * In the order in which they asked; whoever runs out of time goes to the end. Who asked first may be user
   * code that has just ended: what follows is none of its doing.
   */
  readonly #end = AsyncLocalStorage.bind((): void => {
    this.#isEndAwaited = false;
    this.#since = null;
    const waited = this.#waiting.length;
    for (let called = 0; called < waited && !this.#isOver; called += 1) this.#waiting.shift()?.();
    if (this.#waiting.length > 0) this.#awaitEnd();
  });

  get #isOver(): boolean {
    return (
      this.#since !== null && performance.timeOrigin + performance.now() - this.#since > TURN_MS
    );
  }
}

/** Of this process. */
export const turn = new Turn();

const TURN_MS = 2;

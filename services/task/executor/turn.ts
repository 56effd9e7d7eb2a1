/**
 * Time for starting tasks in one turn of the event loop, of the whole process. Short tasks could go on
 * starting each other for ever; sockets, timers and other chunks' tasks get their turn in between.
 */
class Turn {
  readonly #waiting: (() => void)[] = [];
  #since: number | null = null;

  /** Whether tasks may still start in this turn. If not, `resume` is called in a later one. */
  hasTime(now: number, resume: () => void): boolean {
    if (this.#since === null) {
      this.#since = now;
      setImmediate(() => this.#next());
    }
    if (now - this.#since <= TURN_MS) return true;
    this.#waiting.push(resume);
    return false;
  }

  // --- internal ---

  /** In the order in which they ran out of time; whoever runs out again goes to the end. */
  #next(): void {
    this.#since = null;
    const waited = this.#waiting.length;
    for (let called = 0; called < waited && !this.#isOver; called += 1) this.#waiting.shift()?.();
    if (this.#waiting.length > 0 && this.#since === null) setImmediate(() => this.#next());
  }

  get #isOver(): boolean {
    return (
      this.#since !== null && performance.timeOrigin + performance.now() - this.#since > TURN_MS
    );
  }
}

/** Of this process. */
export const turn = new Turn();

const TURN_MS = 2;

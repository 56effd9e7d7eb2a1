/**
 * Which tasks may start in this process.
 *
 * A task that is suspected of killing its process runs alone: the others hold back until it has ended or
 * proven harmless, so that nobody else is in the process when it dies and none is suspected in its stead.
 */
class Admission {
  #running = 0;
  #isHeld = false;
  #isClosed = false;
  readonly #waiting = new Set<() => void>();
  #onEmpty: (() => void) | null = null;

  /** Whether ordinary tasks may start. */
  get isOpen(): boolean {
    return !this.#isHeld && !this.#isClosed;
  }

  /** Until `open`, no task starts in this process. */
  close(): void {
    this.#isClosed = true;
  }

  open(): void {
    this.#isClosed = false;
  }

  entered(): void {
    this.#running += 1;
  }

  left(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#onEmpty?.();
  }

  /** Calls `resume` whenever tasks may start again; the answer ends that. */
  onOpen(resume: () => void): () => void {
    this.#waiting.add(resume);
    return () => this.#waiting.delete(resume);
  }

  /**
   * Holds ordinary tasks back and waits, at most `patienceMs`, for the running ones to end.
   * Null if another suspect is alone already. `isAlone` tells whether they all ended.
   */
  async hold(patienceMs: number): Promise<{ isAlone: boolean; release: () => void } | null> {
    if (this.#isHeld) return null;
    this.#isHeld = true;
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        this.#onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#onEmpty = null;
    }
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      this.#isHeld = false;
      for (const resume of this.#waiting) resume();
    };
    return { isAlone: this.#running === 0, release };
  }
}

/** Of this process. */
export const admission = new Admission();

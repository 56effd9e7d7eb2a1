/** Attempts that may run at once in a process, if FANFOLD_MAX_TASKS does not say otherwise. */
export const DEFAULT_MAX_TASKS = 10_000;

/** One execution in its process. */
export interface Entry {
  /** Whether one more of its tasks may start. If not, it is called when one may. */
  mayStart(): boolean;
  started(): void;
  ended(): void;
  /** Gives back what it has. */
  leave(): void;
}

/**
 * Which tasks may start in this process.
 *
 * 1. No more run at once than the process has places. When all are taken, a place that becomes free goes to
 *    the job that has the fewest.
 * 2. A task that is suspected of killing its process runs alone: the others hold back until it has ended or
 *    proven harmless, so that nobody else is in the process when it dies and none is suspected in its stead.
 */
class Admission {
  #most = DEFAULT_MAX_TASKS;
  #running = 0;
  #isHeld = false;
  #isClosed = false;
  readonly #entries = new Set<OpenEntry>();
  /** those that found every place taken, in the order in which they did */
  readonly #waiting = new Set<OpenEntry>();
  /** how many run of each job that has entries */
  readonly #jobs = new Map<string, Job>();
  #onEmpty: (() => void) | null = null;

  /** Whether ordinary tasks may start. */
  get isOpen(): boolean {
    return !this.#isHeld && !this.#isClosed;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Tasks that run, and how many may. */
  get places(): { readonly taken: number; readonly all: number } {
    return { taken: this.#running, all: this.#most };
  }

  /** Until `open`, no task starts in this process. */
  close(): void {
    this.#isClosed = true;
  }

  open(most = DEFAULT_MAX_TASKS): void {
    this.#most = most;
    this.#isClosed = false;
  }

  /** `resume` is called whenever tasks may start again. A suspect may while others are held back. */
  enter(jobId: string, resume: () => void, { isSuspect }: { isSuspect: boolean }): Entry {
    const job = this.#jobs.get(jobId) ?? { running: 0, entries: 0 };
    this.#jobs.set(jobId, job);
    job.entries += 1;
    const entry: OpenEntry = {
      job,
      running: 0,
      resume,
      mayStart: () => isSuspect || (this.isOpen && this.#hasPlace(entry)),
      started: () => this.#add(entry, 1),
      ended: () => this.#add(entry, -1),
      leave: () => {
        this.#entries.delete(entry);
        this.#waiting.delete(entry);
        job.entries -= 1;
        if (job.entries === 0) this.#jobs.delete(jobId);
        this.#add(entry, -entry.running);
      },
    };
    this.#entries.add(entry);
    return entry;
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
      for (const { resume } of this.#entries) resume();
    };
    return { isAlone: this.#running === 0, release };
  }

  // --- internal ---

  #hasPlace(entry: OpenEntry): boolean {
    if (this.#running < this.#most) return true;
    this.#waiting.add(entry);
    return false;
  }

  #add(entry: OpenEntry, tasks: number): void {
    entry.running += tasks;
    entry.job.running += tasks;
    this.#running += tasks;
    if (this.#running === 0) this.#onEmpty?.();
    while (this.#waiting.size > 0 && this.#running < this.#most && this.isOpen) this.#callNext();
  }

  #callNext(): void {
    const [first, ...others] = this.#waiting;
    if (!first) return;
    const next = others.reduce((a, b) => (b.job.running < a.job.running ? b : a), first);
    this.#waiting.delete(next);
    next.resume();
  }
}

interface Job {
  running: number;
  entries: number;
}

interface OpenEntry extends Entry {
  readonly job: Job;
  running: number;
  readonly resume: () => void;
}

/** Of this process. */
export const admission = new Admission();

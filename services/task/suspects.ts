/**
 * Finds the tasks that a process dies of. First the tasks run in groups; those of a group in which the
 * process died are suspects and run one at a time. Three deaths alone in the process convict a task, or
 * ten in which others ran beside it.
 */
export class Suspects {
  readonly #groupSize: number;
  readonly #points = new Map<number, number>();
  readonly #deaths = new Map<number, number>();

  constructor(groupSize: number) {
    this.#groupSize = groupSize;
  }

  /** What to run next of the tasks without outcome: the unsuspected first. */
  next(open: readonly number[]): { group: readonly number[]; isSolo: boolean } {
    const unsuspected = open.filter((index) => !this.#points.has(index));
    if (unsuspected.length > 0) {
      return { group: unsuspected.slice(0, this.#groupSize), isSolo: false };
    }
    return { group: open.slice(0, 1), isSolo: true };
  }

  /** The process died while these had no outcome; answers those that are convicted. */
  died(lost: readonly number[], isAlone: boolean): number[] {
    const isSolo = lost.length === 1 && this.#points.has(lost[0]!);
    return lost.filter((index) => {
      this.#deaths.set(index, this.deaths(index) + 1);
      const points = (this.#points.get(index) ?? 0) + (isSolo ? (isAlone ? ALONE : BESIDE) : 0);
      this.#points.set(index, points);
      return points >= CONVICTED;
    });
  }

  /** In how many deaths of its process this task was there. */
  deaths(index: number): number {
    return this.#deaths.get(index) ?? 0;
  }
}

// --- internal ---

const CONVICTED = 30;
const ALONE = 10;
const BESIDE = 3;

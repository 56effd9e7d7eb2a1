/** Tasks to run next, and how. */
export interface Round {
  readonly group: readonly number[];
  /** all at once, a few that are not suspected, or one suspect with nobody else in the process */
  readonly kind: "together" | "group" | "alone";
}

/**
 * Finds the tasks that a process dies of. Processes die of other things too, so tasks run together until
 * three deaths. Then they run in groups; those of a group that saw a death are suspects and run one at a
 * time. Three deaths alone in the process convict a task, or ten in which others ran beside it.
 */
export class Suspects {
  readonly #groupSize: number;
  readonly #points = new Map<number, number>();
  readonly #deaths = new Map<number, number>();
  #allDeaths = 0;
  #kind: Round["kind"] = "together";

  constructor(groupSize: number) {
    this.#groupSize = groupSize;
  }

  /** What to run next of the tasks without outcome: the unsuspected first. */
  next(open: readonly number[]): Round {
    const unsuspected = open.filter((index) => !this.#points.has(index));
    if (this.#allDeaths < DEATHS_TOGETHER) this.#kind = "together";
    else this.#kind = unsuspected.length > 0 ? "group" : "alone";
    switch (this.#kind) {
      case "together":
        return { kind: "together", group: open };
      case "group":
        return { kind: "group", group: unsuspected.slice(0, this.#groupSize) };
      case "alone":
        return { kind: "alone", group: open.slice(0, 1) };
    }
  }

  /** The process died in the last round while these had no outcome; answers those that are convicted. */
  died(lost: readonly number[], isAlone: boolean): number[] {
    for (const index of lost) this.#deaths.set(index, this.deaths(index) + 1);
    this.#allDeaths += 1;
    if (this.#kind === "together") return [];
    const points = this.#kind === "group" ? 0 : isAlone ? ALONE : BESIDE;
    return lost.filter((index) => {
      this.#points.set(index, (this.#points.get(index) ?? 0) + points);
      return this.#points.get(index)! >= CONVICTED;
    });
  }

  /** In how many deaths of its process this task was there. */
  deaths(index: number): number {
    return this.#deaths.get(index) ?? 0;
  }
}

// --- internal ---

const DEATHS_TOGETHER = 3;
const CONVICTED = 30;
const ALONE = 10;
const BESIDE = 3;

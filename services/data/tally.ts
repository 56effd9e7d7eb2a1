import type { EndStatus } from "../contract/task.ts";
import { lineIndex, lineStatus } from "../task/record.ts";
import type { Tally } from "./data.ts";

/** Counts outcomes: of each task that of its latest generation. */
export class Tallying {
  readonly #generations = new Map<number, Map<number, EndStatus>>();
  #duplicates = 0;

  add(generation: number, lines: readonly string[]): void {
    const statuses = this.#generations.get(generation) ?? new Map<number, EndStatus>();
    this.#generations.set(generation, statuses);
    for (const line of lines) {
      const index = lineIndex(line);
      if (statuses.has(index)) this.#duplicates += 1;
      else statuses.set(index, lineStatus(line));
    }
  }

  sum(): Tally {
    const oldestFirst = [...this.#generations].sort(([a], [b]) => a - b);
    const current = new Map(oldestFirst.flatMap(([, statuses]) => [...statuses]));
    const counts = { SUCCEEDED: 0, FAILED: 0, CANCELLED: 0 };
    for (const status of current.values()) counts[status] += 1;
    const { SUCCEEDED: succeeded, FAILED: failed, CANCELLED: cancelled } = counts;
    return { succeeded, failed, cancelled, duplicates: this.#duplicates };
  }
}

import type { ListedState } from "../../../services/contract/index.ts";
import type { Entry, Position } from "../../../services/listing/core/entry.ts";
import type { Shelves } from "../../../services/listing/core/shelves.ts";

/** Shelves in memory; `onWrite` is called after each write, when others could read. */
export class MemoryShelves implements Shelves {
  order: readonly number[] = [];
  readonly shelves = new Map<number, readonly Entry[]>();
  onWrite: () => Promise<void> = async () => undefined;
  readonly looks: Promise<void>[] = [];

  starts = async () => this.order;
  read = async (start: number) => this.shelves.get(start) ?? [];

  writeStarts(starts: readonly number[]): void {
    this.order = starts;
    this.looks.push(this.onWrite());
  }

  write(start: number, entries: readonly Entry[]): void {
    if (entries.length > 0) this.shelves.set(start, entries);
    else this.shelves.delete(start);
    this.looks.push(this.onWrite());
  }

  copy(): MemoryShelves {
    const copy = new MemoryShelves();
    copy.order = this.order;
    for (const [start, entries] of this.shelves) copy.shelves.set(start, entries);
    return copy;
  }
}

/** A job in the list; what a test does not say is the same for all. */
export function entry(
  submittedAt: number,
  jobId: string,
  more: { status?: ListedState; generation?: number; labels?: Record<string, string> } = {},
): Entry {
  return {
    jobId,
    submittedAt,
    status: "RUNNING",
    action: "work",
    generation: 1,
    labels: {},
    startedAt: submittedAt,
    completedAt: null,
    ...more,
  };
}

export const positionOf = ({ submittedAt, jobId }: Position): Position => ({ submittedAt, jobId });

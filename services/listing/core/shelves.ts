import { isNews, isSame, newestFirst, type Entry, type Position } from "./entry.ts";

/**
 * One part of the list, in pieces so small that what is told of a job rewrites little. Entries stand on
 * shelves by the time at which their jobs were submitted, the newest first.
 *
 * 1. A shelf is known by its start: it has the entries from that time on, up to the next shelf's start.
 * 2. Starts are in order, the oldest first; each has a shelf, and no shelf is empty.
 * 3. A reader may come between two writes: it finds an entry twice rather than not at all.
 */
export interface Shelves extends ReadableShelves {
  writeStarts(starts: readonly number[]): void;
  /** Without entries the shelf goes. */
  write(start: number, entries: readonly Entry[]): void;
}

export interface ReadableShelves {
  starts(): Promise<readonly number[]>;
  /** What stands on a shelf; nothing on one that is not there. */
  read(start: number): Promise<readonly Entry[]>;
}

/** So many entries, each with the longest labels, are below 1 MiB. */
export const SHELF_ENTRIES = 30;

/** Which start's shelf has what was submitted at this time; -1: it would be older than any. */
export const shelfAt = (starts: readonly number[], submittedAt: number): number =>
  starts.findLastIndex((start) => start <= submittedAt);

/** Takes over what is told of a job, unless it is known already, or was overtaken. */
export async function put(shelves: Shelves, told: Entry): Promise<void> {
  const starts = await shelves.starts();
  const start = starts[shelfAt(starts, told.submittedAt)];
  if (start === undefined) {
    shelves.writeStarts([told.submittedAt, ...starts]);
    shelves.write(told.submittedAt, [told]);
    return;
  }
  const shelf = await shelves.read(start);
  const known = shelf.find((entry) => isSame(entry, told));
  if (known && !isNews(told, known)) return;
  const others = shelf.filter((entry) => entry !== known);
  const entries = [...others, told].sort(newestFirst);
  const cut = entries.length > SHELF_ENTRIES ? cutOf(entries, told) : undefined;
  if (cut === undefined) return shelves.write(start, entries);
  const newer = entries.slice(0, cut);
  const newerStart = newer.at(-1)!.submittedAt;
  shelves.writeStarts([...starts, newerStart].sort((a, b) => a - b));
  shelves.write(newerStart, newer);
  shelves.write(start, entries.slice(cut));
}

/** Forgets a job. A shelf on which hardly anything is left joins the older one beside it. */
export async function remove(shelves: Shelves, position: Position): Promise<void> {
  const starts = await shelves.starts();
  const at = shelfAt(starts, position.submittedAt);
  const [older, start] = [starts[at - 1], starts[at]];
  if (start === undefined) return;
  const shelf = await shelves.read(start);
  const left = shelf.filter((entry) => !isSame(entry, position));
  if (left.length === shelf.length) return;
  const isSparse = left.length > 0 && left.length <= SPARSE_ENTRIES;
  const beside = isSparse && older !== undefined ? await shelves.read(older) : [];
  const joins = beside.length > 0 && left.length + beside.length <= SHELF_ENTRIES / 2;
  if (joins) shelves.write(older!, [...left, ...beside]);
  if (joins || left.length === 0) shelves.writeStarts(starts.filter((one) => one !== start));
  shelves.write(start, joins ? [] : left);
}

// --- internal ---

const SPARSE_ENTRIES = 7;

/**
 * How many of a full shelf's entries get a new one: only what is newest, since no more will come before it,
 * or else half of them. Never between two of the same millisecond.
 */
function cutOf(entries: readonly Entry[], told: Entry): number | undefined {
  const wanted = told === entries[0] ? 1 : SHELF_ENTRIES / 2;
  const cuts = [...entries.keys()].filter(
    (cut) => cut > 0 && entries[cut - 1]!.submittedAt > entries[cut]!.submittedAt,
  );
  return cuts.sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0];
}

import { fits, newestFirst, type Entry, type Filter, type Position } from "./entry.ts";
import { shelfAt, type ReadableShelves } from "./shelves.ts";

export interface PartRequest extends Filter {
  /** entries behind this one; null: from the newest on */
  readonly behind: Position | null;
  readonly limit: number;
}

/** Some of one part's entries, in order; `to`: it was read up to there, null: to its end. */
export interface PartPage {
  readonly entries: readonly Entry[];
  readonly to: Position | null;
}

/** Reads on in one part of the list, over so many shelves at most. */
export async function readPart(shelves: ReadableShelves, request: PartRequest): Promise<PartPage> {
  const { limit } = request;
  const starts = await shelves.starts();
  const first = request.behind ? shelfAt(starts, request.behind.submittedAt) : starts.length - 1;
  const last = first - SHELVES_A_PAGE;
  const entries: Entry[] = [];
  let to = request.behind;
  for (let at = first; at >= 0; at -= 1) {
    if (at === last || entries.length >= limit) return { entries, to };
    for (const entry of await shelves.read(starts[at]!)) {
      if (to && newestFirst(entry, to) <= 0) continue;
      if (entries.length === limit) return { entries, to };
      if (fits(entry, request)) entries.push(entry);
      to = entry;
    }
  }
  return { entries, to: null };
}

/**
 * Merges pages of all parts. What is older than a part was read to is left for the next page: others of that
 * part may come before it.
 */
export function mergeParts(parts: readonly PartPage[], limit: number): PartPage {
  const [horizon = null] = parts.flatMap(({ to }) => to ?? []).sort(newestFirst);
  const known = parts
    .flatMap(({ entries }) => entries)
    .filter((entry) => !horizon || newestFirst(entry, horizon) <= 0)
    .sort(newestFirst);
  if (known.length <= limit) return { entries: known, to: horizon };
  const entries = known.slice(0, limit);
  return { entries, to: entries.at(-1)! };
}

// --- internal ---

/** A filter that hardly any job fits makes short or empty pages. */
const SHELVES_A_PAGE = 40;

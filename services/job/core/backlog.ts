import { follows, splitSegment, type Segment } from "./segments.ts";

/**
 * The tasks of a stage that no chunk has taken, in order of index.
 *
 * 1. What a report reads and writes stays small: `head` and `tail` hold at most PAGE segments each,
 *    the middle lies in numbered pages of the job's state.
 * 2. Order: head, pages `firstPage`..`nextPage`-1, tail.
 * 3. While there are pages, `head` was refilled before the reducer ran (`needsPage`).
 */
export interface Backlog {
  head: Segment[];
  tail: Segment[];
  firstPage: number;
  nextPage: number;
  tasks: number;
  /** stored inputs among them */
  items: number;
  bytes: number;
}

/** A full page that leaves the hot state. */
export interface SpilledPage {
  readonly page: number;
  readonly segments: readonly Segment[];
}

export const PAGE = 64;

/** `page`: number of the first page that it will spill. */
export const emptyBacklog = (page = 0): Backlog => ({
  head: [],
  tail: [],
  firstPage: page,
  nextPage: page,
  tasks: 0,
  items: 0,
  bytes: 0,
});

/** Adds at the end; answers the pages that must be stored. */
export function push(backlog: Backlog, segments: readonly Segment[]): SpilledPage[] {
  const spilled: SpilledPage[] = [];
  for (const segment of segments) {
    if (segment.count === 0) continue;
    account(backlog, segment, 1);
    const hasMiddle = backlog.firstPage < backlog.nextPage || backlog.tail.length > 0;
    if (!hasMiddle && backlog.head.length < PAGE) {
      backlog.head.push(segment);
      continue;
    }
    backlog.tail.push(segment);
    if (backlog.tail.length === PAGE) {
      spilled.push({ page: backlog.nextPage++, segments: backlog.tail });
      backlog.tail = [];
    }
  }
  return spilled;
}

/** Puts back what was taken and not started, where it was: whoever took the tasks behind it may have been faster. */
export function putBack(backlog: Backlog, segments: readonly Segment[]): void {
  for (const segment of segments) {
    account(backlog, segment, 1);
    const behind = backlog.head.findIndex(({ first }) => first > segment.first);
    backlog.head.splice(behind === -1 ? backlog.head.length : behind, 0, segment);
  }
}

/**
 * Takes up to `count` tasks with consecutive indexes that end before index `limit`, from at most 16 segments
 * and about 4 MiB. Segments of tasks that run again are taken whole, the first one however many they are.
 */
export function take(backlog: Backlog, count: number, limit: number): Segment[] {
  const taken: Segment[] = [];
  let wanted = count;
  let bytes = 0;
  while (wanted > 0 && taken.length < SEGMENTS_A_CHUNK && bytes < BYTES_A_CHUNK) {
    const [segment] = backlog.head;
    const last = taken.at(-1);
    if (!segment || segment.first >= limit) break;
    if (last && !follows(last, segment)) break;
    const isAgain = segment.source.kind === "again";
    if (last && isAgain && segment.count > wanted) break;
    const [part, rest] = isAgain
      ? [segment, null]
      : splitSegment(segment, Math.min(wanted, limit - segment.first));
    taken.push(part);
    account(backlog, part, -1);
    bytes += part.bytes;
    wanted -= part.count;
    if (rest) backlog.head[0] = rest;
    else backlog.head.shift();
    if (backlog.head.length === 0 && backlog.firstPage === backlog.nextPage) {
      backlog.head = backlog.tail;
      backlog.tail = [];
    }
  }
  return taken;
}

/** The page to load before the reducer may take from this backlog, if any. */
export function needsPage(backlog: Backlog): number | null {
  const isLow = backlog.head.length < PAGE;
  return isLow && backlog.firstPage < backlog.nextPage ? backlog.firstPage : null;
}

/** Takes in the page that `needsPage` named. */
export function refill(backlog: Backlog, segments: readonly Segment[]): void {
  backlog.head.push(...segments);
  backlog.firstPage += 1;
}

// --- internal ---

const SEGMENTS_A_CHUNK = 16;
const BYTES_A_CHUNK = 4 * 1024 * 1024;

function account(backlog: Backlog, segment: Segment, sign: 1 | -1): void {
  backlog.tasks += sign * segment.count;
  if (segment.source.kind !== "slice" && segment.source.kind !== "piece") return;
  // No item takes less than a byte; a stored range takes a few for any number of tasks.
  backlog.items += sign * Math.min(segment.count, segment.bytes);
  backlog.bytes += sign * segment.bytes;
}

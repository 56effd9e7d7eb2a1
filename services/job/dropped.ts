import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import type { Backlog } from "./core/backlog.ts";
import { splitSegment, type Segment } from "./core/segments.ts";
import type { DroppedTasks, StageState } from "./core/state.ts";
import { KEYS } from "./state-keys.ts";

type Reader = ObjectContext | ObjectSharedContext;

/** Every segment of a backlog, its pages included. */
export async function segmentsIn(ctx: Reader, at: number, backlog: Backlog): Promise<Segment[]> {
  const pages: Segment[] = [];
  for (let page = backlog.firstPage; page < backlog.nextPage; page += 1) {
    pages.push(...(await pageOf(ctx, at, page)));
  }
  return [...backlog.head, ...pages, ...backlog.tail];
}

/** Some tasks that a stop kept from starting. */
export interface Dropped {
  readonly of: DroppedTasks;
  readonly segment: Segment;
}

/** Tasks of a stage that were cancelled before they started, with an index of `from` to `to` - 1. */
export async function droppedBetween(
  ctx: Reader,
  { at, dropped }: { readonly at: number; readonly dropped: StageState["dropped"] },
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Dropped[]> {
  const found: Dropped[] = [];
  for (const of of dropped) {
    const { head, tail } = of.backlog;
    for (const segment of [
      ...head,
      ...(await pagesBetween(ctx, at, of.backlog, from, to)),
      ...tail,
    ]) {
      const part = cutOut(segment, from, to);
      if (part) found.push({ of, segment: part });
    }
  }
  return found.toSorted((a, b) => a.segment.first - b.segment.first);
}

/** Splits segments into the tasks that are in `indexes` (null: all) and the others. */
export function partition(
  segments: readonly Segment[],
  indexes: ReadonlySet<number> | null,
): { taken: Segment[]; kept: Segment[] } {
  if (!indexes) return { taken: [...segments], kept: [] };
  const taken: Segment[] = [];
  const kept: Segment[] = [];
  for (const segment of segments) {
    let rest: Segment | null = segment;
    const wanted = [...indexes].filter(
      (index) => index >= segment.first && index < segment.first + segment.count,
    );
    for (const index of wanted.sort((a, b) => a - b)) {
      const [before, from] = splitAt(rest!, index);
      const [one, after] = splitSegment(from, 1);
      if (before) kept.push(before);
      taken.push(one);
      rest = after;
    }
    if (rest) kept.push(rest);
  }
  return { taken, kept };
}

// --- internal ---

const pageOf = async (ctx: Reader, at: number, page: number) =>
  (await ctx.get<Segment[]>(KEYS.page(at, page))) ?? [];

/** Pages are in order of index, so that the first one is searched for, not read up to. */
async function pagesBetween(
  ctx: Reader,
  at: number,
  { firstPage, nextPage }: Backlog,
  from: number,
  to: number,
): Promise<Segment[]> {
  let low = firstPage;
  let high = nextPage;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const last = (await pageOf(ctx, at, middle)).at(-1);
    if (last && last.first + last.count <= from) low = middle + 1;
    else high = middle;
  }
  const segments: Segment[] = [];
  for (let page = low; page < nextPage; page += 1) {
    const read = await pageOf(ctx, at, page);
    if (!read[0] || read[0].first >= to) break;
    segments.push(...read);
  }
  return segments;
}

function cutOut(segment: Segment, from: number, to: number): Segment | null {
  if (segment.first >= to || segment.first + segment.count <= from) return null;
  const [, tail] = splitAt(segment, Math.max(from, segment.first));
  return splitSegment(tail, to - tail.first)[0];
}

/** What lies before an index of a segment, and the rest. */
function splitAt(segment: Segment, index: number): [Segment | null, Segment] {
  if (index <= segment.first) return [null, segment];
  const [before, rest] = splitSegment(segment, index - segment.first);
  return [before, rest ?? segment];
}

import type { RedrivenStatus } from "./state.ts";
import { rangeItems, type Fanout, type JsonObject } from "../../contract/fanout.ts";

/**
 * Where the inputs of a run of tasks come from, in three numbers or a reference:
 * nothing here grows with the number of tasks.
 */
export type Source =
  /** `items` numbers from `start` by `step`, `batch` to a task (0: one, not as an array) */
  | { kind: "range"; as: string; start: number; step: number; batch: number; items: number }
  | { kind: "tasks" }
  /** values kept by the job under slice number `slice`, from `offset` on */
  | { kind: "slice"; slice: number; offset: number }
  /** what the outcomes of one stored piece passed on, from its task number `offset` on */
  | { kind: "piece"; key: string; name: string; offset: number }
  /**
   * tasks that run again: those up to index `last`, and of `indexes` if given, whose outcome is of an earlier
   * generation and has this status
   */
  | { kind: "again"; last: number; status: RedrivenStatus; indexes: readonly number[] | null };

/**
 * `count` tasks of a stage beginning with index `first`; `bytes` of their stored inputs. Their indexes are
 * consecutive, but for tasks that run again.
 */
export interface Segment {
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
  readonly source: Source;
}

/** Input values to keep, as JSON texts, and the field each of them goes into. */
export interface Slice {
  readonly as: string;
  readonly values: readonly string[];
  readonly bytes: number;
}

/** The first `count` tasks of a segment, and what remains (null if nothing). Tasks that run again stay together. */
export function splitSegment(segment: Segment, count: number): [Segment, Segment | null] {
  if (count >= segment.count) return [segment, null];
  const bytes = Math.round((segment.bytes * count) / segment.count);
  return [
    { ...segment, count, bytes, source: narrow(segment.source, count) },
    {
      first: segment.first + count,
      count: segment.count - count,
      bytes: segment.bytes - bytes,
      source: advance(segment.source, count),
    },
  ];
}

/** What of a segment lies from an index on; `indexes` are those of its tasks and maybe of others, in order. */
export function segmentFrom(
  segment: Segment,
  from: number,
  indexes: readonly number[],
): Segment | null {
  const { first, source } = segment;
  if (first >= from) return segment;
  if (source.kind !== "again") return splitSegment(segment, from - first)[1];
  const left = indexes.filter((index) => index >= from && index <= source.last);
  if (left.length === 0) return null;
  const bytes = Math.round((segment.bytes * left.length) / segment.count);
  return { ...segment, first: left[0]!, count: left.length, bytes };
}

/** Whether a chunk that ends with one segment may go on with the other. */
export function follows(before: Segment, segment: Segment): boolean {
  const isAgain = segment.source.kind === "again";
  if (before.source.kind === "again") return isAgain && before.source.last < segment.first;
  return !isAgain && before.first + before.count === segment.first;
}

/** A fan-out as segments from index `first` on; lists are cut into slices, numbered from `nextSlice`. */
export function segmentsOf(
  fanout: Fanout,
  first: number,
  nextSlice: number,
): { segments: Segment[]; slices: Slice[] } {
  if (fanout.foreach) {
    const slices = slicesOf(fanout.foreach);
    let index = first;
    const segments = slices.map(({ values, bytes }, at): Segment => {
      const source: Source = { kind: "slice", slice: nextSlice + at, offset: 0 };
      const segment = { first: index, count: values.length, bytes, source };
      index += values.length;
      return segment;
    });
    return { segments, slices };
  }
  const source = rangeSource(fanout.range);
  const count = source ? Math.ceil(source.items / Math.max(1, source.batch)) : (fanout.tasks ?? 0);
  if (count === 0) return { segments: [], slices: [] };
  return {
    segments: [{ first, count, bytes: 0, source: source ?? { kind: "tasks" } }],
    slices: [],
  };
}

/** The values of a `foreach`, batched, in slices of at most 1,000 values and about 256 KiB. */
export function slicesOf(foreach: NonNullable<Fanout["foreach"]>): Slice[] {
  const as = foreach.as ?? "item";
  const slices: { as: string; values: string[]; bytes: number }[] = [];
  let slice: (typeof slices)[number] | undefined;
  for (const item of batched(foreach.items, foreach.batch)) {
    const value = JSON.stringify(item) ?? "null";
    const bytes = Buffer.byteLength(value);
    if (!slice || slice.values.length >= SLICE_VALUES || slice.bytes + bytes > SLICE_BYTES) {
      slice = { as, values: [], bytes: 0 };
      slices.push(slice);
    }
    slice.values.push(value);
    slice.bytes += bytes;
  }
  return slices;
}

/** A range as a source; undefined if there is none. */
export function rangeSource(
  range: Fanout["range"],
): Extract<Source, { kind: "range" }> | undefined {
  if (!range) return undefined;
  const { as = "item", start, step = 1, batch = 0 } = range;
  return { kind: "range", as, start, step, batch, items: rangeItems(range) };
}

/** The input fields of task number `at` of a range. */
export function rangeInput(source: Extract<Source, { kind: "range" }>, at: number): JsonObject {
  const { as, start, step, batch, items } = source;
  if (batch === 0) return { [as]: start + step * at };
  const from = at * batch;
  const length = Math.min(batch, items - from);
  return { [as]: Array.from({ length }, (_, i) => start + step * (from + i)) };
}

// --- internal ---

const SLICE_VALUES = 1_000;
const SLICE_BYTES = 256 * 1024;

function* batched(items: readonly unknown[], batch: number | undefined): Generator<unknown> {
  if (batch === undefined) return yield* items;
  for (let at = 0; at < items.length; at += batch) yield items.slice(at, at + batch);
}

function narrow(source: Source, count: number): Source {
  if (source.kind !== "range") return source;
  return { ...source, items: Math.min(source.items, count * Math.max(1, source.batch)) };
}

function advance(source: Source, count: number): Source {
  switch (source.kind) {
    case "range": {
      const skipped = count * Math.max(1, source.batch);
      return {
        ...source,
        start: source.start + source.step * skipped,
        items: source.items - skipped,
      };
    }
    case "tasks":
      return source;
    case "slice":
    case "piece":
      return { ...source, offset: source.offset + count };
    case "again":
      throw new Error("which of its tasks are the first is not known here");
  }
}

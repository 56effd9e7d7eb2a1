import fc from "fast-check";
import { rangeInput, type Segment, type Source } from "../../../services/job/core/segments.ts";

/** One text for each task of a segment that says where its input comes from. */
export function inputsOf({ count, source }: Segment): string[] {
  return Array.from({ length: count }, (_, at) => inputOf(source, at));
}

/** The same for segments that follow each other, with their indexes. */
export function tasksOf(segments: readonly Segment[]): { index: number; input: string }[] {
  return segments.flatMap((segment) =>
    inputsOf(segment).map((input, at) => ({ index: segment.first + at, input })),
  );
}

export const inOrder = (segments: readonly Segment[]) =>
  segments.toSorted((a, b) => a.first - b.first);

export const totalOf = (segments: readonly Segment[], field: "count" | "bytes") =>
  segments.reduce((sum, segment) => sum + segment[field], 0);

const rangeSources = fc
  .record({
    start: fc.integer({ min: -1_000, max: 1_000 }),
    step: fc.integer({ min: -9, max: 9 }).filter((step) => step !== 0),
    batch: fc.nat({ max: 5 }),
    items: fc.integer({ min: 1, max: 60 }),
  })
  .map((range): Source => ({ kind: "range", as: "item", ...range }));

const otherSources: fc.Arbitrary<Source> = fc.oneof(
  fc.constant<Source>({ kind: "tasks" }),
  fc
    .record({ slice: fc.nat({ max: 99 }), offset: fc.nat({ max: 99 }) })
    .map((slice): Source => ({ kind: "slice", ...slice })),
  fc
    .record({ name: fc.constantFrom("e/1.0.0", "o/0-9/1.0.0.r"), offset: fc.nat({ max: 99 }) })
    .map((piece): Source => ({ kind: "piece", key: "a/e/0/0", ...piece })),
);

/** Segments of every kind of source, the last task of a batched range often a short one. */
export const anySegment: fc.Arbitrary<Segment> = fc
  .record({
    source: fc.oneof(rangeSources, otherSources),
    first: fc.nat({ max: 10_000 }),
    size: fc.integer({ min: 1, max: 60 }),
    bytes: fc.nat({ max: 100_000 }),
  })
  .map(({ source, first, size, bytes }) => {
    const isRange = source.kind === "range";
    const count = isRange ? Math.ceil(source.items / Math.max(1, source.batch)) : size;
    const isStored = source.kind === "slice" || source.kind === "piece";
    return { source, first, count, bytes: isStored ? bytes : 0 };
  });

// --- internal ---

function inputOf(source: Source, at: number): string {
  switch (source.kind) {
    case "range":
      return JSON.stringify(rangeInput(source, at));
    case "tasks":
      return "no item";
    case "slice":
      return `value ${source.offset + at} of slice ${source.slice}`;
    case "piece":
      return `task ${source.offset + at} of ${source.key} ${source.name}`;
    case "again":
      return `number ${at} of those that run again up to ${source.last}`;
  }
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fanout } from "../../../../services/contract/fanout.ts";
import {
  follows,
  rangeInput,
  rangeSource,
  segmentFrom,
  segmentsOf,
  slicesOf,
  splitSegment,
  type Segment,
} from "../../../../services/job/core/segments.ts";
import { holds } from "../../support/property.ts";
import { anySegment, tasksOf, totalOf } from "../../support/segments.ts";
import { again, tasks } from "../../support/stages.ts";

describe("splitSegment", () => {
  it("gives the same inputs as the whole, wherever it is cut", () => {
    holds(
      fc.property(anySegment, fc.array(fc.integer({ min: 1, max: 20 })), (whole, cuts) => {
        const parts = cutUp(whole, cuts);
        expect(tasksOf(parts)).toEqual(tasksOf([whole]));
        expect(totalOf(parts, "count")).toBe(whole.count);
      }),
      300,
    );
  });

  it("shares out the bytes, none lost and none below zero", () => {
    holds(
      fc.property(anySegment, fc.array(fc.integer({ min: 1, max: 20 })), (whole, cuts) => {
        const parts = cutUp(whole, cuts);
        expect(totalOf(parts, "bytes")).toBe(whole.bytes);
        expect(parts.every(({ bytes }) => bytes >= 0)).toBe(true);
      }),
    );
  });

  it("leaves nothing when all is taken", () => {
    const segment: Segment = { first: 5, count: 3, bytes: 0, source: { kind: "tasks" } };
    expect(splitSegment(segment, 3)).toEqual([segment, null]);
    expect(splitSegment(segment, 4)).toEqual([segment, null]);
  });

  it("keeps tasks that run again together: which are the first is not known", () => {
    expect(splitSegment(again(0, 9, 4), 4)).toEqual([again(0, 9, 4), null]);
    expect(() => splitSegment(again(0, 9, 4), 3)).toThrow("not known");
  });

  it("does not change what it splits", () => {
    holds(
      fc.property(anySegment, fc.integer({ min: 1, max: 20 }), (segment, count) => {
        const before = structuredClone(segment);
        splitSegment(segment, count);
        expect(segment).toEqual(before);
      }),
    );
  });
});

describe("segmentFrom", () => {
  it("is what splitting leaves of consecutive tasks", () => {
    holds(
      fc.property(anySegment, fc.integer({ min: 1, max: 80 }), (segment, count) => {
        const rest = segmentFrom(segment, segment.first + count, []);
        expect(rest).toEqual(splitSegment(segment, count)[1]);
        expect(segmentFrom(segment, segment.first, [])).toBe(segment);
      }),
    );
  });

  it("counts those that are left of tasks that run again", () => {
    const indexes = [2, 5, 9, 12, 31];
    expect(segmentFrom(again(2, 20, 4), 6, indexes)).toEqual(again(9, 20, 2));
    expect(segmentFrom(again(2, 20, 4), 9, indexes)).toEqual(again(9, 20, 2));
    expect(segmentFrom(again(2, 20, 4), 2, indexes)).toEqual(again(2, 20, 4));
    expect(segmentFrom(again(2, 20, 4), 13, indexes)).toBeNull();
    expect(segmentFrom({ ...again(2, 20, 4), bytes: 80 }, 9, indexes)?.bytes).toBe(40);
  });
});

describe("follows", () => {
  it.each([
    [tasks(0, 3), tasks(3, 1), true],
    [tasks(0, 3), tasks(4, 1), false],
    [again(0, 9, 2), again(10, 12), true],
    [again(0, 9, 2), again(40, 50), true],
    [again(10, 12), again(0, 9), false],
    [again(0, 9), tasks(10, 1), false],
    [tasks(0, 10), again(10, 12), false],
  ])("after %j comes %j: %s", (before, segment, answer) => {
    expect(follows(before, segment)).toBe(answer);
  });
});

describe("segmentsOf", () => {
  it("counts a range out with its step, up and down", () => {
    expect(inputs({ range: { as: "page", start: 1, stop: 3 } })).toEqual([
      { page: 1 },
      { page: 2 },
      { page: 3 },
    ]);
    expect(inputs({ range: { start: 5, stop: 0, step: -2 } })).toEqual([
      { item: 5 },
      { item: 3 },
      { item: 1 },
    ]);
  });

  it("gives a batch as a list, the last one as short as it is", () => {
    expect(inputs({ range: { start: 10, stop: 6, step: -1, batch: 2 } })).toEqual([
      { item: [10, 9] },
      { item: [8, 7] },
      { item: [6] },
    ]);
    expect(inputs({ range: { start: 1, stop: 2, batch: 1 } })).toEqual([
      { item: [1] },
      { item: [2] },
    ]);
  });

  it("makes one segment of a range however long it is", () => {
    const { segments, slices } = segmentsOf({ range: { start: 1, stop: 1_000_000_000 } }, 7, 0);
    expect(segments).toHaveLength(1);
    expect(segments[0]).toMatchObject({ first: 7, count: 1_000_000_000, bytes: 0 });
    expect(slices).toEqual([]);
  });

  it.each([
    [{ tasks: 0 }],
    [{ range: { start: 1, stop: 0 } }],
    [{ foreach: { items: [] } }],
    [{ foreach: { items: [], batch: 3 } }],
  ] as [Fanout][])("makes nothing of %j", (fanout) => {
    expect(segmentsOf(fanout, 0, 0)).toEqual({ segments: [], slices: [] });
  });

  it("keeps the values of a list in slices, in order", () => {
    const items = fc.array(fc.jsonValue(), { maxLength: 30 });
    const batch = fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined });
    holds(
      fc.property(items, batch, fc.nat({ max: 50 }), (values, size, first) => {
        const { segments, slices } = segmentsOf(
          { foreach: { items: values, batch: size } },
          first,
          3,
        );
        const stored = slices.flatMap((slice) => slice.values.map((text) => JSON.parse(text)));
        expect(stored).toEqual(JSON.parse(JSON.stringify(batched(values, size))));
        expect(tasksOf(segments).map(({ index }) => index)).toEqual(
          stored.map((_, at) => first + at),
        );
        expect(segments.map(({ source }) => source)).toEqual(
          slices.map((_, at) => ({ kind: "slice", slice: 3 + at, offset: 0 })),
        );
      }),
    );
  });
});

describe("slicesOf", () => {
  it("closes a slice at 1,000 values", () => {
    const slices = slicesOf({ items: Array.from({ length: 2_500 }, (_, at) => at) });
    expect(slices.map(({ values }) => values.length)).toEqual([1_000, 1_000, 500]);
  });

  it("closes a slice at 256 KiB, counted in bytes", () => {
    const items = Array.from({ length: 4 }, () => "漢".repeat(50_000));
    const slices = slicesOf({ items });
    expect(slices.map(({ values }) => values.length)).toEqual([1, 1, 1, 1]);
    expect(slices.map(({ bytes }) => bytes)).toEqual([150_002, 150_002, 150_002, 150_002]);
  });

  it("puts a value longer than that into a slice of its own", () => {
    const slices = slicesOf({ items: [1, "x".repeat(300_000), 2] });
    expect(slices.map(({ values }) => values.length)).toEqual([1, 1, 1]);
  });

  it("names the field of its values", () => {
    expect(slicesOf({ items: [1] })[0]!.as).toBe("item");
    expect(slicesOf({ items: [1], as: "row" })[0]!.as).toBe("row");
  });
});

// --- internal ---

function cutUp(whole: Segment, cuts: readonly number[]): Segment[] {
  const parts: Segment[] = [];
  let rest: Segment | null = whole;
  for (const count of cuts) {
    if (!rest) break;
    const [part, more]: [Segment, Segment | null] = splitSegment(rest, count);
    parts.push(part);
    rest = more;
  }
  return rest ? [...parts, rest] : parts;
}

function inputs(fanout: Fanout): unknown[] {
  const source = rangeSource(fanout.range)!;
  const { count } = segmentsOf(fanout, 0, 0).segments[0]!;
  return Array.from({ length: count }, (_, at) => rangeInput(source, at));
}

function batched(items: readonly unknown[], size: number | undefined): unknown[] {
  if (size === undefined) return [...items];
  const batches = Math.ceil(items.length / size);
  return Array.from({ length: batches }, (_, at) => items.slice(at * size, (at + 1) * size));
}

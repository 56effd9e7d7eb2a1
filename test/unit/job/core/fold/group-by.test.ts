import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupBy } from "../../../../../services/job/core/fold/group-by.ts";
import { mergedAnyhow, scattered } from "../../../support/merging.ts";
import { holds } from "../../../support/property.ts";

const fold = groupBy({ path: "v" });

describe("groupBy", () => {
  it("counts each value, texts as they are and others as JSON", () => {
    const values = ["a", "a", 1, "1", true, null, { x: [1] }, undefined];
    expect(groupsOf(values)).toEqual({
      groups: { a: 2, "1": 2, true: 1, null: 1, '{"x":[1]}': 1 },
      other: 0,
      skipped: 1,
    });
  });

  it("takes names that every object has for values like others", () => {
    const { groups } = groupsOf(["__proto__", "__proto__", "constructor", "toString"]);
    expect(Object.entries(groups)).toEqual([
      ["__proto__", 2],
      ["constructor", 1],
      ["toString", 1],
    ]);
    expect(JSON.stringify(groups)).toContain('"__proto__":2');
  });

  it("cuts long values", () => {
    const { groups } = groupsOf(["x".repeat(129), "x".repeat(300), ["y".repeat(300)]]);
    expect(groups).toEqual({ ["x".repeat(128)]: 2, [`["${"y".repeat(126)}`]: 1 });
  });

  it("keeps 1,000 groups, each with its exact count, whatever order the results come in", () => {
    const values = Array.from({ length: 6_000 }, (_, n) => `value ${n % 1_500}`);
    const sorted = [...new Set(values)].sort();
    for (const ordered of [values, values.toSorted(), values.toSorted().reverse()]) {
      const { groups, other } = groupsOf(ordered);
      expect(groups).toEqual(Object.fromEntries(sorted.slice(0, 1_000).map((v) => [v, 4])));
      expect(other).toBe(500 * 4);
    }
  });

  it("comes to the same however results are grouped and merged", () => {
    const values = fc.record({
      v: fc.oneof(fc.nat({ max: 5 }), fc.constantFrom("a", "__proto__")),
    });
    holds(
      fc.property(
        scattered(fc.oneof({ weight: 5, arbitrary: values }, fc.constant({}))),
        ({ results, decide }) => {
          expect(mergedAnyhow(fold, results, decide)).toEqual(fold.partOf(results));
        },
      ),
    );
  });

  it("comes to the same with more values than it keeps", () => {
    const values = fc.record({ v: fc.nat({ max: 3_000 }) });
    const many = fc.array(values, { minLength: 1_200, maxLength: 1_400 });
    holds(
      fc.property(fc.array(many, { minLength: 2, maxLength: 3 }), (lists) => {
        const groups = lists.map((list) => list.map((value, index) => ({ index, value })));
        const parts = groups.map((group) => fold.partOf(group));
        for (const ordered of [parts, parts.toReversed()]) {
          const merged = ordered.reduce((a, b) => fold.merge(a, b));
          expect(merged).toEqual(fold.partOf(groups.flat()));
        }
      }),
      10,
    );
  });
});

// --- internal ---

interface View {
  readonly groups: Record<string, number>;
  readonly other: number;
  readonly skipped: number;
}

function groupsOf(values: readonly unknown[]): View {
  const results = values.map((v, index) => ({ index, value: v === undefined ? {} : { v } }));
  return fold.view(fold.partOf(results)) as View;
}

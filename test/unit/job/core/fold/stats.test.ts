import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stats } from "../../../../../services/job/core/fold/stats.ts";
import { mergedAnyhow, scattered } from "../../../support/merging.ts";
import { holds } from "../../../support/property.ts";

const fold = stats({ path: "n" });

describe("stats", () => {
  it("describes numbers", () => {
    expect(statsOf([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
      count: 8,
      sum: 40,
      min: 2,
      max: 9,
      mean: 5,
      stddev: 2,
      skipped: 0,
    });
  });

  it("has neither least nor mean of nothing", () => {
    const none = { count: 0, sum: 0, min: null, max: null, mean: null, stddev: null };
    expect(statsOf([])).toEqual({ ...none, skipped: 0 });
    expect(statsOf(["1", null, {}, undefined])).toEqual({ ...none, skipped: 4 });
  });

  it("keeps its precision where the mean is large and the spread is small", () => {
    expect(statsOf([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toMatchObject({
      stddev: Math.sqrt(22.5),
    });
  });

  it("stays with numbers that JSON can write", () => {
    const huge = Number.MAX_VALUE;
    for (const numbers of [
      [huge, huge, huge],
      [-huge, huge, -huge],
    ]) {
      const view = statsOf(numbers);
      expect(JSON.parse(JSON.stringify(view))).toEqual(view);
      expect(Object.values(view).every(Number.isFinite)).toBe(true);
    }
  });

  it("comes to the same however results are grouped and merged", () => {
    // Results are JSON, which knows no -0.
    const numbers = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((number) => number + 0);
    const values = fc.oneof(
      { weight: 4, arbitrary: fc.record({ n: numbers }) },
      fc.constantFrom(null, { n: "1" }, {}),
    );
    holds(
      fc.property(scattered(values), ({ results, decide }) => {
        const found = results
          .map(({ value }) => (value as { n?: unknown } | null)?.n)
          .filter((n) => typeof n === "number");
        const view = fold.view(mergedAnyhow(fold, results, decide)) as View;
        const mean = found.reduce((a, b) => a + b, 0) / found.length;
        const squares = found.reduce((a, n) => a + (n - mean) ** 2, 0);
        const skipped = results.length - found.length;
        expect(view).toMatchObject({ count: found.length, skipped });
        if (found.length === 0) return;
        expect(view).toMatchObject({ min: Math.min(...found), max: Math.max(...found) });
        expect(view.sum).toBeCloseTo(mean * found.length, 4);
        expect(view.mean).toBeCloseTo(mean, 5);
        expect(view.stddev).toBeCloseTo(Math.sqrt(squares / found.length), 4);
      }),
    );
  });
});

// --- internal ---

type View = Record<"count" | "sum" | "min" | "max" | "mean" | "stddev" | "skipped", number>;

function statsOf(values: readonly unknown[]): View {
  const results = values.map((n, index) => ({ index, value: { n } }));
  return fold.view(fold.partOf(results)) as View;
}

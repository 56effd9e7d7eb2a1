import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { topK } from "../../../../../services/job/core/fold/top-k.ts";
import { mergedAnyhow, scattered } from "../../../support/merging.ts";
import { holds } from "../../../support/property.ts";

describe("topK", () => {
  it("has the greatest first, and of equal ones the lower index", () => {
    const fold = topK({ path: "n", k: 3 });
    const results = [5, 9, "10", 9, null, 1].map((n, index) => ({ index, value: { n } }));
    expect(fold.view(fold.partOf(results))).toEqual({
      top: [
        { index: 1, value: 9 },
        { index: 3, value: 9 },
        { index: 0, value: 5 },
      ],
      skipped: 2,
    });
  });

  it("has nothing of nothing", () => {
    const fold = topK({ path: "n", k: 3 });
    expect(fold.view(fold.partOf([]))).toEqual({ top: [], skipped: 0 });
  });

  it("comes to the same however results are grouped and merged", () => {
    const values = fc.record({ n: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant("x")) });
    holds(
      fc.property(scattered(values), fc.integer({ min: 1, max: 20 }), ({ results, decide }, k) => {
        const fold = topK({ path: "n", k });
        expect(mergedAnyhow(fold, results, decide)).toEqual(fold.partOf(results));
      }),
    );
  });
});

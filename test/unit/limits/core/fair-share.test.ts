import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fairShare } from "../../../../services/limits/core/fair-share.ts";
import { holds } from "../../support/property.ts";

describe("fairShare", () => {
  it.each([
    ["nobody claims anything", 10, [], Infinity],
    ["all claims can be met", 10, [3, 7], Infinity],
    ["all want more than there is", 10, [20, 20], 5],
    ["it does not come out even", 8, [9, 9, 9], 3],
    ["one claims less than its share", 10, [2, 20, 20], 4],
    ["there are fewer than claimants", 1, [5, 5, 5], 1],
    ["there is nothing", 0, [5, 5], 0],
  ])("when %s", (_, total, claims, share) => {
    expect(fairShare(total, claims)).toBe(share);
  });

  it("gives out everything, and hardly more", () => {
    holds(
      fc.property(
        fc.nat({ max: 1_000 }),
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 30 }),
        (total, claims) => {
          const share = fairShare(total, claims);
          const given = claims.map((claim) => Math.min(claim, share)).reduce((a, b) => a + b, 0);
          const wanted = claims.reduce((a, b) => a + b, 0);
          expect(given).toBeGreaterThanOrEqual(Math.min(total, wanted));
          expect(given).toBeLessThan(Math.min(total, wanted) + claims.length);
        },
      ),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Tallying } from "../../../services/data/tally.ts";
import { outcome } from "../support/data-block.ts";
import { holds } from "../support/property.ts";

const letters = { S: "succeeded", F: "failed", C: "cancelled" } as const;

describe("a tally", () => {
  it("counts of each task the outcome of its latest generation, in whatever order they come", () => {
    const outcomes = fc.uniqueArray(
      fc.record({
        index: fc.nat({ max: 6 }),
        generation: fc.integer({ min: 1, max: 4 }),
        letter: fc.constantFrom("S", "F", "C"),
      }),
      { selector: ({ index, generation }) => `${index}.${generation}` },
    );
    holds(
      fc.property(outcomes, (all) => {
        const tallying = new Tallying();
        for (const { index, generation, letter } of all) {
          tallying.add(generation, [outcome(index, letter, generation)]);
        }
        const expected = { succeeded: 0, failed: 0, cancelled: 0, duplicates: 0 };
        for (const { index, generation, letter } of all) {
          const isNewest = all.every((o) => o.index !== index || o.generation <= generation);
          if (isNewest) expected[letters[letter]] += 1;
        }
        expect(tallying.sum()).toEqual(expected);
      }),
    );
  });

  it("tells of a second outcome in one generation, also of an earlier one", () => {
    const tallying = new Tallying();
    tallying.add(2, [outcome(0, "S", 2)]);
    tallying.add(1, [outcome(0, "F"), outcome(1, "F")]);
    tallying.add(1, [outcome(0, "F")]);
    expect(tallying.sum()).toEqual({ succeeded: 1, failed: 1, cancelled: 0, duplicates: 1 });
  });
});

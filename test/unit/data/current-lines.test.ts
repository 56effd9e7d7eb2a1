import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { currentLines } from "../../../services/data/current-lines.ts";
import { lineIndex } from "../../../services/task/record.ts";
import { blockOf, outcome, type StoredPiece } from "../support/data-block.ts";
import { holdsAsync } from "../support/property.ts";

const everything = { from: 0, limit: 1_000, maxBytes: 1_000_000, status: null };

const pieces: fc.Arbitrary<StoredPiece[]> = fc
  .array(
    fc.uniqueArray(fc.tuple(fc.nat({ max: 20 }), fc.constantFrom("S", "F", "C")), {
      minLength: 1,
      maxLength: 8,
      selector: ([index]) => index,
    }),
    { maxLength: 8 },
  )
  .map((all) =>
    all.map((outcomes, at) => ({
      generation: at + 1,
      lines: outcomes.map(([index, letter]) => outcome(index, letter, at + 1)),
    })),
  );

describe("currentLines", () => {
  it("gives the newest outcome of each task, in order, however it was stored and is read", async () => {
    await holdsAsync(
      fc.asyncProperty(
        pieces,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(null, "FAILED" as const),
        async (stored, limit, status) => {
          const newest = new Map(
            stored.flatMap(({ lines }) => lines).map((l) => [lineIndex(l), l]),
          );
          const expected = [...newest]
            .sort(([a], [b]) => a - b)
            .map(([, line]) => line)
            .filter((line) => status === null || line.includes('"f"') || line.includes('"F"'));
          const ctx = blockOf(stored.toReversed());
          const read: string[] = [];
          let from = 0;
          for (let hasMore = true; hasMore;) {
            const page = await currentLines(ctx, { ...everything, from, limit, status });
            read.push(...page.lines);
            ({ hasMore } = page.head);
            from = lineIndex(page.lines.at(-1) ?? "[-1,") + 1;
          }
          expect(read).toEqual(expected);
        },
      ),
    );
  });

  it("opens no more pieces than the page needs", async () => {
    const stored = [0, 10, 20].map((index) => ({ generation: 1, lines: [outcome(index, "S")] }));
    const ctx = blockOf(stored);
    const { head } = await currentLines(ctx, { ...everything, limit: 1 });
    expect(head.hasMore).toBe(true);
    expect(ctx.opened).toHaveLength(1);
  });
});

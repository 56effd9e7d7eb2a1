import fc from "fast-check";
import { expect, it } from "vitest";
import { batches } from "../../../clients/cli/records/batches.ts";
import { gather } from "../../support/gather.ts";

async function* stream<Item>(items: readonly Item[]) {
  yield* items;
}

it("loses nothing, keeps the order, and fills no batch beyond its limits", async () => {
  const items = fc.array(fc.string({ maxLength: 30 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(items, fc.integer({ min: 1, max: 10 }), async (given, most) => {
      const made = await gather(batches(stream(given), { items: most, chars: 50 }));
      expect(made.flat()).toEqual(given);
      for (const batch of made) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(most);
        const chars = batch.reduce((sum, item) => sum + JSON.stringify(item).length, 0);
        expect(batch.length === 1 || chars <= 50).toBe(true);
      }
    }),
  );
});

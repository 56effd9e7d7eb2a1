import fc from "fast-check";
import { expect, it } from "vitest";
import { batches } from "../../../clients/client/batches.ts";
import { gather } from "../../support/gather.ts";
import { holdsAsync } from "../support/property.ts";

async function* stream<Item>(items: readonly Item[]) {
  yield* items;
}

it("loses nothing, keeps the order, and fills no batch beyond its limits", async () => {
  const items = fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 40 });
  await holdsAsync(
    fc.asyncProperty(items, fc.integer({ min: 1, max: 10 }), async (given, most) => {
      const made = await gather(batches(stream(given), { items: most, bytes: 50 }));
      expect(JSON.parse(`[${made.flat().join(",")}]`)).toEqual(given);
      for (const batch of made) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(most);
        expect(batch.length === 1 || Buffer.byteLength(batch.join("")) <= 50).toBe(true);
      }
    }),
  );
});

it("writes items as JSON does in a list", async () => {
  const items = [undefined, new Date(0), { a: undefined, b: 1 }, Number.NaN];
  expect(await gather(batches(stream(items), { items: 10, bytes: 1_000 }))).toEqual([
    ["null", '"1970-01-01T00:00:00.000Z"', '{"b":1}', "null"],
  ]);
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { inInputOrder } from "../../../clients/cli/records/input-order.ts";
import type { TaskOutcome } from "../../../services/contract/task.ts";
import { gather } from "../../support/gather.ts";
import { holdsAsync } from "../support/property.ts";

async function* outcomesOf(origins: readonly number[]) {
  for (const origin of origins) yield { origin } as TaskOutcome;
}

it("gives every outcome once, in input order, whatever order they ended in and wherever", async () => {
  const cases = fc.integer({ min: 0, max: 60 }).chain((length) =>
    fc.record({
      order: fc.shuffledSubarray(
        Array.from({ length }, (_, origin) => origin),
        { minLength: length },
      ),
      source: fc.infiniteStream(fc.nat({ max: 2 })),
    }),
  );
  await holdsAsync(
    fc.asyncProperty(cases, async ({ order, source }) => {
      const ended: number[][] = [[], [], []];
      for (const origin of order) ended[source.next().value]!.push(origin);
      const outcomes = await gather(inInputOrder(ended.map(outcomesOf)));
      expect(outcomes.map(({ origin }) => origin)).toEqual([...order.keys()]);
    }),
  );
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { inInputOrder } from "../../../clients/cli/records/input-order.ts";
import type { TaskOutcome } from "../../../services/contract/task.ts";
import { gather } from "../../support/gather.ts";

async function* pages(origins: readonly number[], size: number) {
  for (let at = 0; at < origins.length; at += size) {
    yield origins.slice(at, at + size).map((origin) => ({ origin }) as TaskOutcome);
  }
}

it("gives every outcome once, in input order, whatever order they ended in and wherever", async () => {
  const cases = fc.integer({ min: 0, max: 60 }).chain((length) =>
    fc.record({
      order: fc.shuffledSubarray(
        Array.from({ length }, (_, origin) => origin),
        { minLength: length },
      ),
      source: fc.infiniteStream(fc.nat({ max: 2 })),
      size: fc.integer({ min: 1, max: 7 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(cases, async ({ order, source, size }) => {
      const ended: number[][] = [[], [], []];
      for (const origin of order) ended[source.next().value]!.push(origin);
      const sources = ended.map((origins) => pages(origins, size));
      const outcomes = await gather(inInputOrder(sources));
      expect(outcomes.map(({ origin }) => origin)).toEqual([...order.keys()]);
    }),
  );
});

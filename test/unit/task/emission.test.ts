import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fanout } from "../../../services/contract/fanout.ts";
import {
  emissionLines,
  emissionTasks,
  plainEmission,
  seedsOfEmissions,
  seedsOfOutcomes,
  type Seed,
} from "../../../services/task/emission.ts";
import { failed, succeeded } from "../support/chunks.ts";
import { holds } from "../support/property.ts";

const parents = fc.record({ index: fc.nat({ max: 9_999 }), origin: fc.nat({ max: 9_999 }) });
const fanouts: fc.Arbitrary<Fanout> = fc.oneof(
  fc.record({ tasks: fc.nat({ max: 30 }) }),
  fc.record({
    foreach: fc.record({
      items: fc.array(fc.jsonValue(), { maxLength: 20 }),
      as: fc.constantFrom(undefined, "row"),
      batch: fc.constantFrom(undefined, 1, 3),
    }),
  }),
  fc.record({
    range: fc.record({
      start: fc.integer({ min: -20, max: 20 }),
      stop: fc.integer({ min: -20, max: 20 }),
      step: fc.constantFrom(undefined, -3, 2),
      batch: fc.constantFrom(undefined, 1, 4),
    }),
  }),
);
const emissions = fc.array(fc.record({ parent: parents, fanout: fanouts }), { maxLength: 8 });
const windows = { offset: fc.nat({ max: 120 }), count: fc.nat({ max: 120 }) };

describe("emissionLines", () => {
  it("passes nothing on for null", () => {
    expect(emissionLines(null, { index: 0, origin: 0 })).toEqual({ lines: [], tasks: 0 });
  });

  it("counts its tasks on every line", () => {
    holds(
      fc.property(parents, fanouts, (parent, fanout) => {
        const { lines, tasks } = stored(fanout, parent);
        expect(lines.reduce((sum, line) => sum + emissionTasks(line), 0)).toBe(tasks);
        expect(lines.every((line) => !line.includes("\n"))).toBe(true);
      }),
    );
  });

  it("keeps a range as three numbers however long it is", () => {
    const { lines, tasks } = stored({ range: { start: 1, stop: 1e9 } }, { index: 0, origin: 0 });
    expect(tasks).toBe(1e9);
    expect(lines).toHaveLength(1);
    expect(lines[0]!.length).toBeLessThan(200);
  });
});

describe("seedsOfEmissions", () => {
  it("gives any run of tasks as if all had been counted out", () => {
    holds(
      fc.property(emissions, windows.offset, windows.count, (emitted, offset, count) => {
        const lines = emitted.flatMap(({ parent, fanout }) => stored(fanout, parent).lines);
        const all = emitted.flatMap(({ parent, fanout }) => countedOut(fanout, parent));
        expect(seedsOfEmissions(lines, offset, count)).toEqual(all.slice(offset, offset + count));
      }),
      300,
    );
  });

  it("does not count out what comes before", () => {
    const range = { start: 0, stop: 999_999_999 };
    const { lines } = stored({ range }, { index: 3, origin: 1 });
    expect(seedsOfEmissions(lines, 999_999_998, 5)).toEqual([
      { parent: 3, origin: 1, fields: { item: 999_999_998 } },
      { parent: 3, origin: 1, fields: { item: 999_999_999 } },
    ]);
  });
});

describe("seedsOfOutcomes", () => {
  it("gives the results of the succeeded ones, from any of them on", () => {
    const outcomes = fc.array(fc.record({ ok: fc.boolean(), result: fc.jsonValue() }));
    holds(
      fc.property(outcomes, windows.offset, windows.count, (ended, offset, count) => {
        const lines = ended.map(({ ok, result }, at) => (ok ? succeeded(at, result) : failed(at)));
        const all = ended.flatMap(({ ok, result }, at): Seed[] =>
          ok ? [{ parent: at, origin: at, fields: { item: copied(result) } }] : [],
        );
        expect(seedsOfOutcomes(lines, offset, count)).toEqual(all.slice(offset, offset + count));
      }),
      200,
    );
  });

  it("gives the same as their emission lines would", () => {
    holds(
      fc.property(
        fc.array(fc.jsonValue()),
        windows.offset,
        windows.count,
        (results, offset, count) => {
          const lines = results.map((result, at) => succeeded(at, result));
          const said = lines.map(plainEmission);
          expect(seedsOfEmissions(said, offset, count)).toEqual(
            seedsOfOutcomes(lines, offset, count),
          );
        },
      ),
    );
  });
});

// --- internal ---

function stored(fanout: Fanout, parent: { index: number; origin: number }) {
  const emission = emissionLines(fanout, parent);
  if ("code" in emission) throw new Error(emission.message);
  return emission;
}

/** The naive way. */
function countedOut(fanout: Fanout, { index, origin }: { index: number; origin: number }): Seed[] {
  const { foreach, range, tasks = 0 } = fanout;
  const seed = (fields: Record<string, unknown>) => ({ parent: index, origin, fields });
  if (foreach) {
    const { items, as = "item", batch } = foreach;
    return batched(copied(items), batch).map((item) => seed({ [as]: item }));
  }
  if (range) {
    const { start, stop, step = 1, as = "item", batch } = range;
    const numbers: number[] = [];
    for (let at = start; step > 0 ? at <= stop : at >= stop; at += step) numbers.push(at);
    return batched(numbers, batch).map((item) => seed({ [as]: item }));
  }
  return Array.from({ length: tasks }, () => seed({}));
}

function batched(items: readonly unknown[], size: number | undefined): readonly unknown[] {
  if (size === undefined) return items;
  const batches = Math.ceil(items.length / size);
  return Array.from({ length: batches }, (_, at) => items.slice(at * size, (at + 1) * size));
}

/** As JSON keeps it: it knows no -0. */
const copied = <Value>(value: Value) => JSON.parse(JSON.stringify(value)) as Value;

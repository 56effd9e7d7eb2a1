import { describe, expect, it, vi } from "vitest";
import { action, TerminalError } from "../../services/actions.ts";
import { gated } from "../support/actions.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

/** Its result has a number, a name of three and, of every tenth task, neither. */
const measure = action<{ item: number }>({
  name: "measure",
  run: ({ input: { item } }) => {
    if (item % 100 === 99) throw new TerminalError("as asked");
    return item % 10 === 0 ? {} : { size: { cm: item }, kind: ["a", "b", "__proto__"][item % 3] };
  },
});
const gate = gated();

const { job } = await startTestFanfold({ actions: [measure, gate] });

/** What `measure` returns numbers for: 1 to 2,998 without tens and without those that fail. */
const measured = Array.from({ length: 3_000 }, (_, n) => n).filter(
  (n) => n % 10 !== 0 && n % 100 !== 99,
);
const over3000 = { action: "measure", fanout: { range: { start: 0, stop: 2_999 } } };

describe("built-in folds", () => {
  it("stats describes the numbers of what succeeded", async () => {
    const outcome = await job().run({ ...over3000, fold: { stats: { path: "size.cm" } } });
    const sum = measured.reduce((a, b) => a + b, 0);
    const mean = sum / measured.length;
    const squares = measured.reduce((a, n) => a + (n - mean) ** 2, 0);
    expect(outcome.result).toEqual({
      count: measured.length,
      sum,
      min: 1,
      max: 2_998,
      mean: expect.closeTo(mean, 6) as number,
      stddev: expect.closeTo(Math.sqrt(squares / measured.length), 6) as number,
      skipped: 300,
    });
    expect(outcome).not.toHaveProperty("truncated");
  });

  it("groupBy counts values, whatever their names", async () => {
    const outcome = await job().run({ ...over3000, fold: { groupBy: { path: "kind" } } });
    const counts = [0, 1, 2].map((rest) => measured.filter((n) => n % 3 === rest).length);
    const { groups, ...rest } = outcome.result as { groups: Record<string, number> };
    expect(Object.entries(groups)).toEqual([
      ["__proto__", counts[2]],
      ["a", counts[0]],
      ["b", counts[1]],
    ]);
    expect(rest).toEqual({ other: 0, skipped: 300 });
  });

  it("topK finds the greatest and their tasks", async () => {
    const fold = { topK: { path: "size.cm", k: 3 } };
    expect((await job().run({ ...over3000, fold })).result).toEqual({
      top: [2_998, 2_997, 2_996].map((n) => ({ index: n, value: n })),
      skipped: 300,
    });
  });

  it.each([
    [{ stats: { path: "n" } }, { count: 0, mean: null, stddev: null }],
    [{ groupBy: { path: "n" } }, { groups: {}, other: 0, skipped: 0 }],
    [{ topK: { path: "n", k: 1 } }, { top: [], skipped: 0 }],
  ])("%j of an empty stage says so", async (fold, result) => {
    const outcome = await job().run({ action: "measure", fanout: { tasks: 0 }, fold });
    expect(outcome).toMatchObject({ status: "SUCCEEDED", result });
  });

  it("each stage has its own", async () => {
    const outcome = await job().run({
      action: "measure",
      fanout: { range: { start: 1, stop: 5 } },
      fold: { stats: { path: "size.cm" } },
      nextActions: [{ action: "measure", payload: { item: 7 }, fold: "count" }],
    });
    expect(outcome.stages).toMatchObject([{ result: { sum: 15 } }, { result: 5 }]);
  });

  it("are seen while the job runs", async () => {
    const one = job();
    await one.submit({
      action: "measure",
      open: true,
      fanout: { range: { start: 1, stop: 5 } },
      fold: { stats: { path: "size.cm" } },
      nextActions: [{ action: "gated", payload: { gate: one.id }, fold: "none" }],
    });
    const deadline = { timeout: 10_000 };
    const folds = async () => (await one.status()).stages.map(({ fold }) => fold);
    await vi.waitFor(
      async () => expect(await folds()).toMatchObject([{ count: 5, sum: 15 }, undefined]),
      deadline,
    );
    await one.append({ fanout: { range: { start: 6, stop: 6 } } });
    await vi.waitFor(
      async () => expect(await folds()).toMatchObject([{ sum: 21 }, undefined]),
      deadline,
    );
    expect((await one.status()).status).toBe("RUNNING");
    await one.seal();
    gate.open(one.id);
    expect((await one.outcome()).stages[0]?.result).toMatchObject({ count: 6, sum: 21 });
    expect(await folds()).toMatchObject([{ count: 6, sum: 21 }, undefined]);
  });
});

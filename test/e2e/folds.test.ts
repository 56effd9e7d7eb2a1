import { describe, expect, it, vi } from "vitest";
import { action, fold, TerminalError, type AnyFold } from "../../services/actions.ts";
import { gated, refuse } from "../support/actions.ts";
import { refused } from "../support/http.ts";
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

/** Says whether every outcome came once and in order, and what they were. */
const inspect = fold({
  name: "inspect",
  init: () => ({ next: 0, isInOrder: true, failed: 0, bytes: 0 }),
  step: async (acc, { index, status, result, error, input }) => {
    const isWhole = status === "SUCCEEDED" ? result !== undefined : error?.code && input;
    return {
      next: acc.next + 1,
      isInOrder: acc.isInOrder && index === acc.next && Boolean(isWhole),
      failed: acc.failed + (status === "FAILED" ? 1 : 0),
      bytes: acc.bytes + JSON.stringify(result ?? null).length,
    };
  },
  finish: ({ next, ...acc }) => ({ ...acc, outcomes: next }),
});
const total = fold({ name: "total", init: 0, step: (sum, { result }) => sum + Number(result) });
const never = () => new Promise<never>(() => undefined);
const raise = (): never => {
  throw new Error("boom");
};
const bad = (name: string, definition: Partial<AnyFold>): AnyFold => ({
  ...fold({ name, init: 0, step: (acc) => acc }),
  ...definition,
});
const misbehaving = [
  bad("throws", { step: raise }),
  bad("rejects", { step: async () => raise() }),
  bad("throws_at_first", { init: raise }),
  bad("throws_at_last", { finish: raise }),
  bad("hangs", { step: never }),
  bad("hangs_at_last", { finish: never }),
  bad("cannot_be_written", { step: () => 1n }),
  bad("grows", { init: "", step: (acc: string) => `${acc}${"x".repeat(100_000)}` }),
];

const numbers = action<{ item: number; bytes?: number }>({
  name: "numbers",
  run: ({ input: { item, bytes } }) => {
    if (item % 7 === 3) throw new TerminalError("as asked");
    return bytes === undefined ? item : { item, padding: "x".repeat(bytes) };
  },
});

const { job, post } = await startTestFanfold({
  actions: [measure, gate, refuse, numbers, inspect, total, ...misbehaving],
});

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

describe("a user's fold", () => {
  const inspected = { action: "inspect" };

  it("sees every outcome in index order, over several pages and invocations", async () => {
    const one = job();
    const outcome = await one.run({
      action: "numbers",
      payload: { bytes: 4_000 },
      fanout: { range: { start: 0, stop: 3_499 } },
      failurePolicy: "best-effort",
      fold: inspected,
    });
    expect(outcome).toMatchObject({ status: "SUCCEEDED" });
    expect(outcome.result).toEqual({
      isInOrder: true,
      outcomes: 3_500,
      failed: 500,
      bytes: expect.toSatisfy((bytes: number) => bytes > 12_000_000) as number,
    });
    expect(outcome).not.toHaveProperty("reason");
    expect(await one.verify()).toMatchObject({ ok: true, checked: 3_500 });
    expect(await one.why()).toEqual({ blockers: [] });
  });

  it("goes on from one block of outcomes to the next", async () => {
    const outcome = await job().run({
      action: "numbers",
      fanout: { range: { start: 0, stop: 17_499, step: 1 } },
      failurePolicy: "best-effort",
      fold: inspected,
    });
    expect(outcome.result).toMatchObject({ isInOrder: true, outcomes: 17_500, failed: 2_500 });
  });

  it("folds an empty stage, and one of failed tasks only", async () => {
    const none = await job().run({ action: "refuse", fanout: { tasks: 0 }, fold: inspected });
    expect(none).toMatchObject({ status: "SUCCEEDED", result: { isInOrder: true, outcomes: 0 } });
    const all = await job().run({ action: "refuse", fanout: { tasks: 5 }, fold: inspected });
    expect(all).toMatchObject({ status: "FAILED", result: { isInOrder: true, failed: 5 } });
    expect(all.reason).toBe('5 of 5 tasks of "refuse" failed');
  });

  it("folds each of two stages", async () => {
    const outcome = await job().run({
      action: "numbers",
      fanout: { range: { start: 4, stop: 9 } },
      fold: { action: "total" },
      nextActions: [
        { action: "numbers", fold: inspected },
        { action: "numbers", fold: "count" },
      ],
    });
    expect(outcome).toMatchObject({
      status: "SUCCEEDED",
      stages: [{ result: 39 }, { result: { outcomes: 6 } }, { result: 6 }],
      result: 6,
    });
  });

  it.each([
    ["throws", "boom"],
    ["rejects", "boom"],
    ["throws_at_first", "boom"],
    ["throws_at_last", "boom"],
    ["hangs", "TASK_TIMEOUT: A step took longer than 300 ms."],
    ["hangs_at_last", "TASK_TIMEOUT: A step took longer than 300 ms."],
    ["cannot_be_written", "UNSERIALISABLE: Do not know how to serialize a BigInt"],
    ["grows", "RESULT_TOO_LARGE: The accumulator has 1200002 bytes, at most 1048576."],
  ])("that %s makes its stage FOLD_FAILED", async (name, message) => {
    const one = job();
    const outcome = await one.run({
      action: "numbers",
      fanout: { foreach: { items: Array.from({ length: 12 }, () => 1) } },
      failurePolicy: "best-effort",
      timeout: 300,
      fold: { action: name },
    });
    expect(outcome).toMatchObject({
      status: "FAILED",
      reason: `the fold "${name}" failed: ${message}`,
      taskCounts: { SUCCEEDED: 12 },
      stages: [{ status: "FAILED", result: null, error: { code: "FOLD_FAILED", message } }],
      result: null,
    });
    expect(await one.allResults()).toHaveLength(12);
    expect(await one.verify()).toMatchObject({ ok: true });
  });

  it("that failed stops no later stage", async () => {
    const outcome = await job().run({
      action: "numbers",
      fanout: { range: { start: 4, stop: 9 } },
      fold: { action: "throws" },
      nextActions: [{ action: "numbers", fold: { action: "total" } }],
    });
    expect(outcome).toMatchObject({
      status: "FAILED",
      reason: 'the fold "throws" failed: boom',
      stages: [{ status: "FAILED" }, { status: "SUCCEEDED", result: 39 }],
      result: 39,
    });
  });

  it("is what the fan-in waits for while it runs", async () => {
    const one = job();
    await one.submit({
      action: "numbers",
      fanout: { range: { start: 0, stop: 1 } },
      timeout: "2s",
      fold: { action: "hangs" },
    });
    await vi.waitFor(
      async () =>
        expect((await one.why()).blockers).toEqual([
          {
            kind: "fold",
            stage: 0,
            fold: "hangs",
            message: 'The fold "hangs" goes through the outcomes.',
          },
        ]),
      { timeout: 10_000 },
    );
    expect(await one.status()).toMatchObject({
      status: "RUNNING",
      stages: [{ status: "RUNNING", percent: 100 }],
    });
    expect((await one.outcome()).status).toBe("FAILED");
  });

  it.each([
    ["a fold that nobody defined", { fold: { action: "nobody" } }],
    ["a fold that is an action", { fold: { action: "numbers" } }],
    ["an action that is a fold", { action: "total" }],
    ["a later action that is a fold", { nextActions: ["total"] }],
    [
      "a later fold that is an action",
      { nextActions: [{ action: "numbers", fold: { action: "refuse" } }] },
    ],
  ])("%s is UNKNOWN_ACTION, and nothing starts", async (_, change) => {
    const one = job();
    const request = { action: "numbers", fanout: { tasks: 1 }, ...change };
    for (const path of [one.path("submit"), "Jobs/submit", "Jobs/plan"]) {
      expect(await refused(post(path, request))).toMatchObject({
        status: 422,
        code: "UNKNOWN_ACTION",
      });
    }
    expect(await refused(post(one.path("status")))).toMatchObject({ code: "JOB_NOT_FOUND" });
  });
});

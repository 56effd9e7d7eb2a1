import { describe, expect, it } from "vitest";
import { action } from "../../services/actions.ts";
import type { Fanout, JobRequest, Task } from "../../services/contract/index.ts";
import { describe as describeTask, echo } from "../support/actions.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const measure = action<{ text: string }, number>({
  name: "measure",
  run: ({ input }) => input.text.length,
});
const { job } = await startTestFanfold({ actions: [echo, describeTask, measure] });

/** The inputs of the tasks that a request makes, in order of index. */
async function inputs(request: Omit<JobRequest, "action">): Promise<unknown[]> {
  const one = job();
  const outcome = await one.run({ action: "echo", ...request });
  expect(outcome).toMatchObject({ status: "SUCCEEDED" });
  const outcomes = await one.allResults();
  expect(outcomes.map(({ index }) => index)).toEqual(outcomes.map((_, at) => at));
  expect(outcome.taskCounts.total).toBe(outcomes.length);
  return outcomes.map(({ result }) => result);
}

describe("foreach", () => {
  const items = [1, "two", null, true, { five: [5] }, [6, [7]], "", 0.1, -0];

  it("makes one task of each item, whatever it is", async () => {
    expect(await inputs({ fanout: { foreach: { items } } })).toEqual(
      items.map((item) => ({ item: item === 0 ? 0 : item })),
    );
  });

  it("takes batches as lists, the last one shorter", async () => {
    expect(
      await inputs({ fanout: { foreach: { as: "some", items: [1, 2, 3, 4, 5], batch: 2 } } }),
    ).toEqual([{ some: [1, 2] }, { some: [3, 4] }, { some: [5] }]);
    expect(await inputs({ fanout: { foreach: { items: [1, 2], batch: 1 } } })).toEqual([
      { item: [1] },
      { item: [2] },
    ]);
    expect(await inputs({ fanout: { foreach: { items: [[1], [2]], batch: 1_000 } } })).toEqual([
      { item: [[1], [2]] },
    ]);
  });

  it("keeps texts of every kind as they are", async () => {
    const texts = [
      "line\nbreak",
      'quote"',
      "back\\slash",
      "\u0000",
      "\u2028",
      "\ud83d\ude00",
      "é",
      ",",
      "[",
      "x".repeat(300_000),
    ];
    expect(await inputs({ fanout: { foreach: { items: texts } } })).toEqual(
      texts.map((item) => ({ item })),
    );
  });

  it("keeps the order of more items than one slice holds", async () => {
    const many = Array.from({ length: 3_500 }, (_, n) => n);
    expect(await inputs({ fanout: { foreach: { items: many } } })).toEqual(
      many.map((item) => ({ item })),
    );
  });
});

describe("range", () => {
  it.each<[NonNullable<Fanout["range"]>, unknown[]]>([
    [{ start: 1, stop: 4 }, [1, 2, 3, 4]],
    [{ start: 1, stop: 6, step: 2 }, [1, 3, 5]],
    [{ start: 3, stop: -3, step: -2 }, [3, 1, -1, -3]],
    [{ start: 5, stop: 5, step: -1 }, [5]],
    [{ start: 5, stop: 5, step: 7 }, [5]],
    [{ start: 0, stop: 10, step: 11 }, [0]],
    [{ start: 1, stop: 7, step: 2, batch: 3 }, [[1, 3, 5], [7]]],
    [{ start: 2, stop: -2, step: -1, batch: 2 }, [[2, 1], [0, -1], [-2]]],
    [{ start: 1, stop: 2, batch: 1 }, [[1], [2]]],
    [{ start: 2 ** 53 - 3, stop: 2 ** 53 - 1 }, [2 ** 53 - 3, 2 ** 53 - 2, 2 ** 53 - 1]],
    [{ start: -(2 ** 53) + 1, stop: 0, step: 2 ** 53 - 1 }, [-(2 ** 53) + 1, 0]],
  ])("counts %j", async (range, expected) => {
    expect(await inputs({ fanout: { range: { as: "n", ...range } } })).toEqual(
      expected.map((n) => ({ n })),
    );
  });

  it("counts across chunks", async () => {
    const numbers = await inputs({
      fanout: { range: { start: 10_000, stop: 2, step: -2 } },
      fold: "none",
    });
    expect(numbers).toEqual(Array.from({ length: 5_000 }, (_, n) => ({ item: 10_000 - 2 * n })));
  });
});

describe("tasks", () => {
  it("gives the same payload to each", async () => {
    expect(await inputs({ payload: { a: [1] }, fanout: { tasks: 3 } })).toEqual(
      Array.from({ length: 3 }, () => ({ a: [1] })),
    );
  });
});

describe("an empty fan-out", () => {
  it.each<Fanout>([
    { tasks: 0 },
    { foreach: { items: [] } },
    { foreach: { items: [], batch: 10 } },
    { range: { start: 2, stop: 1 } },
    { range: { start: 1, stop: 2, step: -1 } },
    { range: { start: 1, stop: 2, step: -1, batch: 5 } },
  ])("of %j has succeeded at once, with every stage after it", async (fanout) => {
    for (const failurePolicy of ["complete-all", "best-effort"] as const) {
      const one = job();
      await one.submit({ action: "echo", nextActions: ["echo"], fanout, failurePolicy });
      expect(await one.status()).toMatchObject({
        status: "SUCCEEDED",
        stages: [
          { status: "SUCCEEDED", sealed: true, percent: 100, counts: { total: 0 } },
          { status: "SUCCEEDED", sealed: true, percent: 100, counts: { total: 0 } },
        ],
      });
      expect(await one.outcome()).toMatchObject({
        status: "SUCCEEDED",
        result: [],
        taskCounts: { total: 0, SUCCEEDED: 0, FAILED: 0, CANCELLED: 0 },
        stages: [
          { status: "SUCCEEDED", result: [] },
          { status: "SUCCEEDED", result: [] },
        ],
      });
      expect(await one.results()).toEqual({ outcomes: [], cursor: null, complete: true });
      expect(await one.results({ stage: 0, status: "FAILED" })).toMatchObject({ cursor: null });
      expect(await one.timeline()).toEqual({ chunks: [], cursor: null });
      expect(await one.why()).toEqual({ blockers: [] });
      expect(await one.verify()).toEqual({ ok: true, differences: [], checked: 0, inFlight: 0 });
    }
  });

  it("folds to what nothing folds to", async () => {
    for (const [fold, result] of [
      ["collect", []],
      ["count", 0],
      ["none", null],
    ] as const) {
      expect(await job().run({ action: "echo", fold, fanout: { tasks: 0 } })).toMatchObject({
        result,
      });
    }
  });
});

describe("a task's input", () => {
  it("is the payload with the item in its field; the item wins", async () => {
    const payload = { a: 1, n: "hidden", deep: { x: [] } };
    expect(await inputs({ payload, fanout: { range: { as: "n", start: 1, stop: 2 } } })).toEqual([
      { a: 1, n: 1, deep: { x: [] } },
      { a: 1, n: 2, deep: { x: [] } },
    ]);
  });

  it("takes a stage's payload over the job's", async () => {
    const one = job();
    const nextActions = [{ action: "echo", payload: { b: 2, c: 2 } }];
    await one.run({ action: "echo", payload: { a: 1, b: 1 }, fanout: { tasks: 1 }, nextActions });
    const [outcome] = await one.allResults();
    expect(outcome?.result).toEqual({ a: 1, b: 2, c: 2, item: { a: 1, b: 1 } });
  });

  it.each(["toString", "constructor", "hasOwnProperty", "_", "A1"])(
    "takes a field that is named %s",
    async (as) => {
      expect(await inputs({ fanout: { foreach: { as, items: [1] } } })).toEqual([{ [as]: 1 }]);
    },
  );

  it("is not confused by a payload with the key __proto__", async () => {
    const raw = '{"a":1,"__proto__":{"b":2}}';
    const [input] = await inputs({
      payload: JSON.parse(raw) as Record<string, unknown>,
      fanout: { tasks: 1 },
    });
    expect(input).toMatchObject({ a: 1 });
    expect((input as { b?: number }).b).toBeUndefined();
  });

  it.each([5_000, 2_000_000])("takes a payload of %i characters to every task", async (length) => {
    const request = {
      action: "measure",
      payload: { text: "x".repeat(length) },
      fanout: { tasks: 20 },
    };
    const { result } = await job().run(request);
    expect(result).toEqual(Array.from({ length: 20 }, () => ({ ok: true, value: length })));
  });
});

it("a task knows who it is", async () => {
  const one = job("me:1");
  await one.run({ action: "describe", payload: { a: 1 }, fanout: { tasks: 2 } });
  const [, second] = await one.allResults();
  expect(second?.result as Task).toEqual({
    jobId: "me:1",
    stage: 0,
    index: 1,
    taskId: "me:1/0/1",
    parent: null,
    origin: 1,
    generation: 1,
    attempt: 1,
    action: "describe",
    input: { a: 1 },
  });
  expect(second).toMatchObject({
    jobId: "me:1",
    stage: 0,
    index: 1,
    taskId: "me:1/0/1",
    parent: null,
    origin: 1,
    generation: 1,
    status: "SUCCEEDED",
    attempts: 1,
  });
  expect(second).not.toHaveProperty("emitted");
  expect(second).not.toHaveProperty("error");
  expect(second).not.toHaveProperty("input");
});

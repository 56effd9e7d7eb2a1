import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { action, emit, TerminalError, type EmittedFanout } from "../../services/actions.ts";
import type { JobRequest, Task, TaskOutcome } from "../../services/contract/index.ts";
import { describe as describeTask, echo, nap } from "../support/actions.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

type Told = { result?: unknown; emit?: EmittedFanout | null; fail?: boolean; ms?: number };

/** Does what its item says: returns `result`, emits `emit`, or fails. */
const told = action<{ item: Told }>({
  name: "told",
  run: async ({ input: { item } }, { signal }) => {
    if (item.ms !== undefined) await sleep(item.ms, undefined, { signal });
    if (item.fail) throw new TerminalError("as told");
    return "emit" in item ? emit(item.result, item.emit as EmittedFanout) : item.result;
  },
});
/** Returns a `$emit` object as an action in another language would. */
const wire = action<{ returned: unknown }>({ name: "wire", run: ({ input }) => input.returned });
/** Emits what no JSON body could say. */
const absurd = action<{ kind: keyof typeof ABSURD }>({
  name: "absurd",
  run: ({ input }) => emit("kept", ABSURD[input.kind]() as EmittedFanout),
});
const ABSURD = {
  large: () => ({ foreach: { items: Array.from({ length: 9 }, () => "x".repeat(1024 * 1024)) } }),
  fitting: () => ({
    foreach: {
      items: Array.from({ length: 7 }, () => ({ padding: "x".repeat(1024 * 1024 - 100) })),
    },
  }),
  bigint: () => ({ foreach: { items: [1n] } }),
  circular: () => {
    const items: unknown[] = [];
    items.push(items);
    return { foreach: { items } };
  },
  nothing: () => undefined,
  functions: () => ({ foreach: { items: [() => 1, Symbol("x"), undefined] } }),
};

const { job } = await startTestFanfold({ actions: [told, wire, absurd, echo, nap, describeTask] });

/** Runs what stage 0 is told and answers the outcomes of both stages. */
async function run(items: Told[], rest: Partial<JobRequest> = {}) {
  const one = job();
  const fanout = { foreach: { items } };
  const outcome = await one.run({ action: "told", fanout, nextActions: ["describe"], ...rest });
  const stages = outcome.stages.map(({ stage }) => one.allResults({ stage }));
  expect(await one.verify()).toMatchObject({ ok: true, inFlight: 0 });
  return { one, outcome, stages: await Promise.all(stages) };
}

const tasksOf = (outcomes: TaskOutcome[] | undefined) =>
  (outcomes ?? []).map(({ result }) => result as Task);
const inputsOf = (outcomes: TaskOutcome[] | undefined) =>
  tasksOf(outcomes).map(({ input }) => input);
/** The only way to have an order without knowing who was first. */
const inOrder = { limits: { concurrency: 1 } };

describe("a plain result", () => {
  it("becomes one task of the next stage, as item", async () => {
    const results = ["a", 1, null, false, { x: 1 }, [1, 2], { $emit: 1, more: 2 }];
    const { outcome, stages } = await run(
      results.map((result) => ({ result })),
      inOrder,
    );
    expect(inputsOf(stages[1])).toEqual(results.map((item) => ({ item })));
    expect(stages[0]?.map(({ emitted }) => emitted)).toEqual(results.map(() => 1));
    expect(outcome.stages.map(({ taskCounts }) => taskCounts.total)).toEqual([7, 7]);
    expect(outcome.taskCounts).toMatchObject({ total: 14, SUCCEEDED: 14 });
  });

  it("is null when nothing was returned", async () => {
    const { stages } = await run([{}]);
    expect(inputsOf(stages[1])).toEqual([{ item: null }]);
  });

  it("joins the next stage's payload", async () => {
    const nextActions = [{ action: "describe", payload: { own: 2, item: "hidden" } }];
    const { stages } = await run([{ result: 1 }], { payload: { all: 1, own: 1 }, nextActions });
    expect(inputsOf(stages[1])).toEqual([{ all: 1, own: 2, item: 1 }]);
  });
});

describe("emit", () => {
  it.each<[EmittedFanout | null, unknown[]]>([
    [null, []],
    [{ tasks: 2 }, [{}, {}]],
    [{ tasks: 0 }, []],
    [
      { foreach: { items: ["a", null, { b: 1 }] } },
      [{ item: "a" }, { item: null }, { item: { b: 1 } }],
    ],
    [{ foreach: { as: "n", items: [1, 2, 3], batch: 2 } }, [{ n: [1, 2] }, { n: [3] }]],
    [{ foreach: { items: [] } }, []],
    [{ range: { start: 3, stop: 1, step: -1 } }, [{ item: 3 }, { item: 2 }, { item: 1 }]],
    [
      { range: { as: "page", start: 1, stop: 5, batch: 2 } },
      [{ page: [1, 2] }, { page: [3, 4] }, { page: [5] }],
    ],
    [{ range: { start: 1, stop: 0 } }, []],
  ])("of %j makes these tasks, and the result stays with the task", async (fanout, inputs) => {
    const { outcome, stages } = await run([{ result: "kept", emit: fanout }]);
    expect(inputsOf(stages[1])).toEqual(inputs);
    expect(stages[0]).toMatchObject([
      { result: "kept", emitted: inputs.length, status: "SUCCEEDED" },
    ]);
    expect(outcome).toMatchObject({ status: "SUCCEEDED" });
  });

  it("mixes with plain results and failures, in the order in which they were recorded", async () => {
    const items: Told[] = [
      { result: "plain" },
      { result: 1, emit: { range: { start: 1, stop: 2 } } },
      { fail: true },
      { result: 2, emit: null },
      { result: 3, emit: { tasks: 1 } },
      { result: "again" },
      { result: 4, emit: { foreach: { as: "x", items: [7, 8] } } },
    ];
    const { outcome, stages } = await run(items, inOrder);
    expect(tasksOf(stages[1]).map(({ input, origin }) => [origin, input])).toEqual([
      [0, { item: "plain" }],
      [1, { item: 1 }],
      [1, { item: 2 }],
      [4, {}],
      [5, { item: "again" }],
      [6, { x: 7 }],
      [6, { x: 8 }],
    ]);
    expect(stages[0]?.map(({ status, emitted }) => [status, emitted])).toEqual([
      ["SUCCEEDED", 1],
      ["SUCCEEDED", 2],
      ["FAILED", 0],
      ["SUCCEEDED", 0],
      ["SUCCEEDED", 1],
      ["SUCCEEDED", 1],
      ["SUCCEEDED", 2],
    ]);
    expect(outcome).toMatchObject({
      status: "FAILED",
      stages: [{ status: "FAILED" }, { status: "SUCCEEDED", taskCounts: { total: 7 } }],
    });
  });

  it("is an object with $emit on the wire", async () => {
    const one = job();
    const returned = { $emit: { result: "r", fanout: { tasks: 3 } } };
    const outcome = await one.run({
      action: "wire",
      payload: { returned },
      fanout: { tasks: 1 },
      nextActions: ["describe"],
    });
    expect(outcome.stages).toMatchObject([
      { taskCounts: { total: 1 }, result: [{ ok: true, value: "r" }] },
      { taskCounts: { total: 3 } },
    ]);
  });

  it("is ignored in the last stage, whatever it says", async () => {
    const one = job();
    const fanout = {
      foreach: {
        items: [
          { result: 1, emit: { tasks: 5 } },
          { result: 2, emit: { nonsense: true } },
        ],
      },
    };
    const outcome = await one.run({ action: "told", fanout });
    expect(outcome).toMatchObject({
      status: "SUCCEEDED",
      taskCounts: { total: 2 },
      result: [
        { ok: true, value: 1 },
        { ok: true, value: 2 },
      ],
    });
    expect((await one.allResults())[0]).not.toHaveProperty("emitted");
  });

  it.each([
    {},
    "tasks",
    7,
    [],
    { tasks: -1 },
    { tasks: 1, range: { start: 1, stop: 2 } },
    { each: [1] },
    { from: { action: "echo" } },
    { range: { start: 1, stop: 2, step: 0 } },
    { foreach: { items: "abc" } },
    { foreach: { items: [], batch: 0 } },
    { foreach: { as: "__proto__", items: [1] } },
  ])("of %j is INVALID_FANOUT at once, and nothing is passed on", async (emitted) => {
    const { stages } = await run([{ result: 1, emit: emitted as EmittedFanout }]);
    expect(stages).toMatchObject([
      [{ status: "FAILED", error: { code: "INVALID_FANOUT" }, attempts: 1, emitted: 0 }],
      [],
    ]);
  });

  it.each([{ tasks: 1_000_000_001 }, { range: { start: 0, stop: 1_000_000_000 } }])(
    "of %j is FANOUT_TOO_LARGE at once",
    async (emitted) => {
      const { stages } = await run([{ result: 1, emit: emitted }]);
      expect(stages).toMatchObject([[{ error: { code: "FANOUT_TOO_LARGE" }, attempts: 1 }], []]);
    },
  );

  it.each([
    ["large", "FANOUT_TOO_LARGE"],
    ["bigint", "UNSERIALISABLE"],
    ["circular", "UNSERIALISABLE"],
    ["nothing", "INVALID_FANOUT"],
  ])("of what is %s is %s at once", async (kind, code) => {
    const one = job();
    const request = {
      action: "absurd",
      payload: { kind },
      fanout: { tasks: 2 },
      nextActions: ["echo"],
    };
    expect(await one.run(request)).toMatchObject({
      status: "FAILED",
      taskCounts: { total: 2, FAILED: 2 },
    });
    expect(await one.allResults({ stage: 0 })).toMatchObject([
      { error: { code }, attempts: 1 },
      { error: { code }, attempts: 1 },
    ]);
  });

  it("of what JSON leaves out makes null items", async () => {
    const one = job();
    const request = {
      action: "absurd",
      payload: { kind: "functions" },
      fanout: { tasks: 1 },
      nextActions: ["echo"],
    };
    expect(await one.run(request)).toMatchObject({
      status: "SUCCEEDED",
      result: [null, null, null].map((item) => ({ ok: true, value: { kind: "functions", item } })),
    });
  });

  it("of tens of thousands of tasks runs them all", async () => {
    const many = isReplayed ? 20_000 : 40_000;
    const nextActions = [{ action: "echo", fold: "count" as const }];
    const one = job();
    const items = [{ result: 1, emit: { range: { start: 1, stop: many } } }];
    const outcome = await one.run({ action: "told", fanout: { foreach: { items } }, nextActions });
    expect(outcome).toMatchObject({ status: "SUCCEEDED", result: many });
    expect(await one.verify()).toMatchObject({ ok: true, checked: many + 1 });
    const { outcomes } = await one.results({ cursor: String(many - 1) });
    expect(outcomes).toMatchObject([{ index: many - 1, origin: 0, result: { item: many } }]);
  });

  it("of 7 MiB by each of five tasks runs them all", async () => {
    const one = job();
    const request = { action: "absurd", payload: { kind: "fitting" }, fanout: { tasks: 5 } };
    const outcome = await one.run({ ...request, nextActions: [{ action: "told", fold: "count" }] });
    expect(outcome).toMatchObject({
      status: "SUCCEEDED",
      stages: [{}, { taskCounts: { total: 35 } }],
    });
  });
});

describe("a task of a later stage", () => {
  it("knows its parent, and where in stage 0 it comes from", async () => {
    const items = [{ result: "x", emit: { tasks: 2 } }, { result: "y" }];
    const nextActions = ["describe", "describe"];
    const { one, stages } = await run(items, { ...inOrder, nextActions });
    const { id } = one;
    expect(tasksOf(stages[1])).toMatchObject([
      {
        taskId: `${id}/1/0`,
        index: 0,
        stage: 1,
        parent: `${id}/0/0`,
        origin: 0,
        next: { stage: 2, action: "describe" },
      },
      { taskId: `${id}/1/1`, index: 1, stage: 1, parent: `${id}/0/0`, origin: 0 },
      { taskId: `${id}/1/2`, index: 2, stage: 1, parent: `${id}/0/1`, origin: 1 },
    ]);
    expect(tasksOf(stages[2])).toMatchObject([
      { taskId: `${id}/2/0`, parent: `${id}/1/0`, origin: 0 },
      { taskId: `${id}/2/1`, parent: `${id}/1/1`, origin: 0 },
      { taskId: `${id}/2/2`, parent: `${id}/1/2`, origin: 1 },
    ]);
    for (const outcome of stages.flat()) {
      const { taskId, parent, origin } = outcome.result as Task;
      if (outcome.stage > 0) expect(outcome).toMatchObject({ taskId, parent, origin });
      if (outcome.stage === 2) expect(outcome.result).not.toHaveProperty("next");
    }
  });

  it("has its place in the order in which outcomes were recorded", async () => {
    const waits = [240, 40, 160, 80, 200, 120, 0];
    const { stages } = await run(waits.map((ms) => ({ ms, result: ms })));
    expect(inputsOf(stages[1])).toEqual([0, 40, 80, 120, 160, 200, 240].map((item) => ({ item })));
  });
});

describe("the next stage", () => {
  it("begins within a second of the first outcome that feeds it, long before the stage has ended", async () => {
    const items = Array.from({ length: 150 }, (_, n) => ({ ms: 20, result: n }));
    const { stages } = await run(items, { limits: { concurrency: 2 } });
    const [first = [], second = []] = stages;
    const firstEnd = Math.min(...first.map(endOf));
    const lastEnd = Math.max(...first.map(endOf));
    const begin = Math.min(...second.map(({ startedAt }) => startedAt ?? Infinity));
    expect(begin - firstEnd).toBeLessThan(1_000);
    expect(begin).toBeLessThan(lastEnd);
  });

  it("is empty and has succeeded when every task failed", async () => {
    const { outcome } = await run([{ fail: true }, { fail: true }]);
    expect(outcome).toMatchObject({
      status: "FAILED",
      stages: [{ status: "FAILED" }, { status: "SUCCEEDED", taskCounts: { total: 0 } }],
    });
  });

  it("is judged by its own policy", async () => {
    const rest: Partial<JobRequest> = {
      failurePolicy: "best-effort",
      nextActions: ["told", { action: "told", failurePolicy: "complete-all" }],
    };
    const { outcome } = await run(
      [{ fail: true }, { result: { fail: true } }, { result: { result: { result: 1 } } }],
      rest,
    );
    expect(outcome).toMatchObject({
      status: "SUCCEEDED",
      stages: [{ status: "SUCCEEDED" }, { status: "SUCCEEDED" }, { status: "SUCCEEDED" }],
    });
    const strict: Partial<JobRequest> = {
      ...rest,
      nextActions: [{ action: "told", failurePolicy: "complete-all" }],
    };
    expect(
      (await run([{ result: { fail: true } }, { result: { result: 1 } }], strict)).outcome,
    ).toMatchObject({
      status: "FAILED",
      stages: [{ status: "SUCCEEDED" }, { status: "FAILED" }],
    });
  });
});

it("sixteen stages run, each as soon as it is fed", async () => {
  const one = job();
  const nextActions = Array.from({ length: 15 }, () => ({
    action: "echo",
    fold: "count" as const,
  }));
  const outcome = await one.run({ action: "echo", fanout: { tasks: 20 }, nextActions });
  expect(outcome.stages.length).toBe(16);
  for (const stage of outcome.stages) {
    expect(stage).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 20, SUCCEEDED: 20 } });
  }
  const { outcomes } = await one.results();
  const origins = outcomes.map(({ origin }) => origin).sort((a, b) => a - b);
  expect(origins).toEqual(Array.from({ length: 20 }, (_, n) => n));
});

// --- internal ---

const endOf = ({ startedAt, durationMs }: TaskOutcome) => (startedAt ?? 0) + (durationMs ?? 0);

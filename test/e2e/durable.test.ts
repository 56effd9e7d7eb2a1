import { RestatePromise } from "@restatedev/restate-sdk";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import {
  action,
  durableAction,
  emit,
  RetryableError,
  runJob,
  TerminalError,
  waitForEvent,
} from "../../services/index.ts";
import { echo, nap } from "../support/actions.ts";
import { refused } from "../support/http.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

const steps: string[] = [];

/** A step, a sleep and another step. */
const stepwise = durableAction({
  name: "stepwise",
  input: z.object({ item: z.number() }),
  output: z.object({ double: z.number(), taskId: z.string() }),
  run: async (ctx, { input, taskId }) => {
    const double = await ctx.run("double", () => {
      steps.push(taskId);
      return input.item * 2;
    });
    await ctx.sleep(20);
    return { double, taskId };
  },
});

const describeTask = durableAction({ name: "describe_task", run: async (_, task) => task });

const approval = durableAction({
  name: "approval",
  run: async (ctx, { jobId, index }) => waitForEvent(ctx, jobId, `approved-${index}`),
});

const spread = durableAction({
  name: "spread",
  input: z.object({ each: z.number() }),
  run: async (_, { index, input }) =>
    emit(index, { range: { as: "n", start: 1, stop: input.each } }),
});

const sleeper = durableAction({
  name: "sleeper",
  run: async (ctx) => {
    await ctx.sleep({ hours: 1 });
    return "awake";
  },
});

const nested = durableAction({
  name: "nested",
  input: z.object({ action: z.string(), tasks: z.number(), jobId: z.string().optional() }),
  run: async (ctx, { input: { action: name, tasks, jobId } }) => {
    const request = {
      action: name,
      payload: { ms: 30_000 },
      fanout: { tasks },
      fold: "count",
    } as const;
    const both = await RestatePromise.all([
      runJob(ctx, { ...request, ...(jobId ? { jobId } : {}) }),
      runJob(ctx, { ...request, fanout: { tasks: 1 } }),
    ]);
    return both.map(({ status, result }) => [status, result]);
  },
});

const talkative = durableAction({
  name: "talkative",
  run: async (ctx, { jobId }, { progress }) => {
    progress("half way");
    return waitForEvent(ctx, jobId, "go");
  },
});

const silenced = Promise.withResolvers<void>();

/** Does not care that it was cancelled, and speaks when it is let go. */
const tardy = durableAction({
  name: "tardy",
  run: async (_, __, { progress }) => {
    await silenced.promise;
    progress("too late");
  },
});

const talkativeFunction = action({
  name: "talkative_function",
  run: async (_, { progress, signal }) => {
    progress("begun");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  },
});

/** Throws what it is told to, on each attempt or the first ones. */
const failing = durableAction({
  name: "failing",
  input: z.object({ how: z.string(), attempts: z.number().default(1_000) }),
  run: async (ctx, { input: { how, attempts }, attempt }) => {
    if (attempt > attempts) return attempt;
    switch (how) {
      case "terminal":
        throw new TerminalError("no stock", { code: "NO_STOCK" });
      case "retryable":
        throw new RetryableError("busy", { code: "BUSY", retryAfter: 150 });
      case "sub-job":
        return runJob(ctx, { action: "nobody", fanout: { tasks: 1 } });
      case "bigint":
        return 1n;
      case "large":
        return "x".repeat(1_100_000);
      default:
        throw new Error("oops");
    }
  },
});

const picky = durableAction({
  name: "picky",
  output: z.object({ ok: z.boolean() }) as z.ZodType<unknown>,
  run: async () => ({ ok: "yes" }),
});

const limited = durableAction({
  name: "limited",
  limits: { concurrency: 2 },
  run: async (ctx, { index, taskId }) => {
    await ctx.run("enter", () => void inside.add(taskId));
    mostInside = Math.max(mostInside, inside.size);
    await ctx.sleep(150);
    await ctx.run("leave", () => void inside.delete(taskId));
    return index;
  },
});
const inside = new Set<string>();
let mostInside = 0;

const { job, post, admin } = await startTestFanfold({
  actions: [
    stepwise,
    describeTask,
    approval,
    spread,
    sleeper,
    nested,
    talkative,
    tardy,
    failing,
    picky,
    limited,
    talkativeFunction,
    echo,
    nap,
  ],
});

const retry = { maxAttempts: 3, initialInterval: "10ms", maxInterval: "20ms" } as const;

/** Invocations of an action's tasks that are at work. */
async function atWork(service: string): Promise<number> {
  const rows = await admin.query(
    `select count(*) as n from sys_invocation
     where target_service_name = '${service}' and status <> 'completed'`,
  );
  return Number(rows[0]?.["n"]);
}

const soon = { timeout: 15_000, interval: 100 };

describe("a durable action", () => {
  it("runs once for each task, step by step", async () => {
    const one = job();
    const items = Array.from({ length: 300 }, (_, n) => n);
    const outcome = await one.run({ action: "stepwise", fanout: { foreach: { items } } });
    expect(outcome).toMatchObject({
      status: "SUCCEEDED",
      taskCounts: { total: 300, SUCCEEDED: 300 },
    });
    const results = await one.allResults();
    expect(results.map(({ result }) => result)).toEqual(
      items.map((n) => ({ double: 2 * n, taskId: `${one.id}/0/${n}` })),
    );
    const mine = steps.filter((taskId) => taskId.startsWith(`${one.id}/`));
    expect(mine.length).toBe(300);
    for (const { durationMs, attempts } of results) {
      expect(durationMs).toBeGreaterThanOrEqual(0);
      expect(attempts).toBe(1);
    }
    expect(await one.verify()).toMatchObject({ ok: true, checked: 300 });
  });

  it("is given its task", async () => {
    const one = job();
    await one.run({
      action: "describe_task",
      payload: { a: 1 },
      fanout: { foreach: { items: ["x"] } },
    });
    expect((await one.allResults())[0]?.result).toEqual({
      jobId: one.id,
      stage: 0,
      index: 0,
      taskId: `${one.id}/0/0`,
      parent: null,
      origin: 0,
      generation: 1,
      attempt: 1,
      action: "describe_task",
      input: { a: 1, item: "x" },
    });
  });

  it("waits for events of its job", async () => {
    const one = job();
    await one.submit({ action: "approval", fanout: { tasks: 3 } });
    for (const index of [2, 0, 1]) {
      await one.raiseEvent({ name: `approved-${index}`, payload: `yes ${index}` });
    }
    const { result } = await one.outcome();
    expect(result).toEqual([0, 1, 2].map((index) => ({ ok: true, value: `yes ${index}` })));
  });

  it("feeds and is fed, plainly and by emission", async () => {
    const one = job();
    const outcome = await one.run({
      action: "spread",
      payload: { each: 5 },
      fanout: { tasks: 30 },
      nextActions: ["describe_task", "echo"],
    });
    expect(outcome).toMatchObject({ status: "SUCCEEDED" });
    expect(outcome.stages.map(({ taskCounts }) => taskCounts.SUCCEEDED)).toEqual([30, 150, 150]);
    for (const { origin, parent } of await one.allResults({ stage: 1 })) {
      expect(parent).toBe(`${one.id}/0/${origin}`);
    }
    expect(await one.verify()).toMatchObject({ ok: true });
  });

  it("says how far it is, and so does a function", async () => {
    const one = job();
    await one.submit({ action: "talkative", fanout: { tasks: 1 } });
    await vi.waitFor(async () => expect((await one.status()).customStatus).toBe("half way"), soon);
    await one.raiseEvent({ name: "go" });
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
    const two = job();
    await two.submit({ action: "talkative_function", fanout: { tasks: 1 } });
    await vi.waitFor(async () => expect((await two.status()).customStatus).toBe("begun"), soon);
    await two.cancel();
    expect(await two.outcome()).toMatchObject({ taskCounts: { total: 1 } });
  });

  it("says nothing of a later job with the id of its own", async () => {
    const one = job();
    await one.submit({ action: "tardy", fanout: { tasks: 1 }, cancelGrace: "10ms" });
    await vi.waitFor(async () => expect(await atWork("tardy")).toBe(1), soon);
    await one.cancel();
    await one.outcome();
    await one.purge();
    await one.submit({ action: "sleeper", fanout: { tasks: 1 } });
    silenced.resolve();
    await vi.waitFor(async () => expect(await atWork("tardy")).toBe(0), soon);
    const unread = `select id from sys_invocation where target_handler_name = 'progress'`;
    await vi.waitFor(async () => expect(await admin.query(unread)).toEqual([]), soon);
    expect((await one.status()).customStatus).toBeUndefined();
    await one.cancel();
    expect(await one.outcome()).toMatchObject({ status: "CANCELLED" });
  });

  it("keeps to the limits of its action, all jobs together", async () => {
    const jobs = [job(), job()];
    for (const one of jobs) await one.submit({ action: "limited", fanout: { tasks: 4 } });
    for (const one of jobs) expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
    expect(mostInside).toBeLessThanOrEqual(2);
  });

  it("goes back to the job when that is paused, and on when it is resumed", async () => {
    const one = job();
    const items = Array.from({ length: 400 }, (_, n) => n);
    await one.submit({
      action: "stepwise",
      fanout: { foreach: { items } },
      limits: { concurrency: 5 },
    });
    await one.pause();
    const paused = async () => {
      const [stage] = (await one.status()).stages;
      expect(stage?.counts).toMatchObject({ running: 0, retrying: 0 });
    };
    await vi.waitFor(paused, soon);
    await one.setLimits({ concurrency: 100 });
    await one.resume();
    expect(await one.outcome()).toMatchObject({ taskCounts: { total: 400, SUCCEEDED: 400 } });
  });
});

describe("a failed attempt", () => {
  it.each([
    ["terminal", { code: "NO_STOCK", message: "no stock" }, 1],
    ["retryable", { code: "BUSY", message: "busy" }, 3],
    ["plain", { code: "TASK_FAILED", message: "oops" }, 3],
    ["sub-job", { code: "UNKNOWN_ACTION" }, 1],
    ["bigint", { code: "UNSERIALISABLE" }, 1],
    ["large", { code: "RESULT_TOO_LARGE" }, 1],
  ])(
    "that throws %s has its code, and as many attempts as that allows",
    async (how, error, attempts) => {
      const one = job();
      await one.run({ action: "failing", payload: { how }, fanout: { tasks: 2 }, retry });
      for (const outcome of await one.allResults()) {
        expect(outcome).toMatchObject({ status: "FAILED", error, attempts, input: { how } });
      }
    },
  );

  it("is followed by one that succeeds", async () => {
    const one = job();
    const payload = { how: "plain", attempts: 2 };
    await one.run({ action: "failing", payload, fanout: { tasks: 20 }, retry });
    for (const outcome of await one.allResults()) {
      expect(outcome).toMatchObject({ status: "SUCCEEDED", result: 3, attempts: 3 });
    }
  });

  it("is final when its input or output does not fit", async () => {
    const [input, output] = [job(), job()];
    await input.run({ action: "stepwise", fanout: { foreach: { items: ["one"] } }, retry });
    expect(await input.allResults()).toMatchObject([
      { error: { code: "INVALID_INPUT" }, attempts: 1 },
    ]);
    await output.run({ action: "picky", fanout: { tasks: 1 }, retry });
    expect(await output.allResults()).toMatchObject([
      { error: { code: "INVALID_OUTPUT" }, attempts: 1 },
    ]);
  });

  it("is TASK_TIMEOUT when it takes too long, and its invocation is cancelled", async () => {
    const one = job();
    await one.run({
      action: "sleeper",
      fanout: { tasks: 3 },
      timeout: "1s",
      retry: { ...retry, maxAttempts: 2 },
    });
    for (const outcome of await one.allResults()) {
      expect(outcome).toMatchObject({ error: { code: "TASK_TIMEOUT" }, attempts: 2 });
    }
    await vi.waitFor(async () => expect(await atWork("sleeper")).toBe(0), soon);
  });
});

describe("a cancelled job", () => {
  it("cancels the invocations of its tasks", async () => {
    const one = job();
    await one.submit({ action: "sleeper", fanout: { tasks: 100 }, limits: { concurrency: 30 } });
    await vi.waitFor(async () => expect(await atWork("sleeper")).toBe(30), soon);
    await one.cancel({ reason: "changed our minds" });
    const outcome = await one.outcome();
    expect(outcome).toMatchObject({
      status: "CANCELLED",
      taskCounts: { total: 100, CANCELLED: 100 },
    });
    await vi.waitFor(async () => expect(await atWork("sleeper")).toBe(0), soon);
    expect(await one.verify()).toMatchObject({ ok: true });
  });

  it("cancels the jobs that its tasks run", async () => {
    const one = job();
    const sub = job();
    await one.submit({
      action: "nested",
      payload: { action: "nap", tasks: 5, jobId: sub.id },
      fanout: { tasks: 1 },
    });
    await vi.waitFor(async () => expect((await sub.status()).status).toBe("RUNNING"), soon);
    await one.cancel();
    expect(await one.outcome()).toMatchObject({ status: "CANCELLED" });
    expect(await sub.outcome()).toMatchObject({
      status: "CANCELLED",
      reason: "its parent was cancelled",
    });
  });
});

it("runs jobs within its own, each with an outcome", async () => {
  const one = job();
  const request = { payload: { action: "echo", tasks: 7 }, fanout: { tasks: 3 } };
  const { result } = await one.run({ action: "nested", ...request });
  const both = [
    ["SUCCEEDED", 7],
    ["SUCCEEDED", 1],
  ];
  expect(result).toEqual(Array.from({ length: 3 }, () => ({ ok: true, value: both })));
});

it("may take longer than a function may", async () => {
  const one = job();
  await one.submit({ action: "approval", fanout: { tasks: 1 }, timeout: "30d" });
  await one.raiseEvent({ name: "approved-0" });
  expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
  expect(
    await refused(post("Jobs/submit", { action: "echo", fanout: { tasks: 1 }, timeout: "7h" })),
  ).toMatchObject({ code: "INVALID_REQUEST", issues: [{ path: "timeout" }] });
});

it("leaves its private handler to Fanfold", async () => {
  expect(await refused(post("stepwise/task", {}))).toMatchObject({ status: 400 });
  const request = { action: "stepwise/task", fanout: { tasks: 1 } };
  expect(await refused(post("Jobs/submit", request))).toMatchObject({ code: "UNKNOWN_ACTION" });
});

it.skipIf(isReplayed)("starts the next stage while its own tasks still run", async () => {
  const one = job();
  await one.submit({
    action: "approval",
    fanout: { tasks: 2 },
    nextActions: ["echo"],
  });
  await one.raiseEvent({ name: "approved-0" });
  const fed = async () => expect((await one.status()).stages[1]?.counts.succeeded).toBe(1);
  await vi.waitFor(fed, { timeout: 5_000, interval: 20 });
  await one.raiseEvent({ name: "approved-1" });
  expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
});

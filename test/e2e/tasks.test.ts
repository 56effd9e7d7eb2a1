import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { action, RetryableError, TerminalError } from "../../services/actions.ts";
import type { JobRequest, TaskOutcome } from "../../services/contract/index.ts";
import { echo } from "../support/actions.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

/** Fails the first `failures` attempts, then takes `ms` and succeeds. */
const flaky = action<{ failures: number; retryAfter?: string; ms?: number }>({
  name: "flaky",
  run: async ({ input: { failures, retryAfter, ms = 0 }, attempt }, { signal }) => {
    if (attempt <= failures) {
      const options = retryAfter === undefined ? {} : { retryAfter };
      throw new RetryableError(`attempt ${attempt} failed`, { code: "FLAKY", ...options });
    }
    if (ms > 0) await sleep(ms, undefined, { signal });
    return attempt;
  },
});

/** Throws what no error is. */
const thrower = action<{ item: keyof typeof THROWN }>({
  name: "thrower",
  run: ({ input }) => {
    throw THROWN[input.item]();
  },
});
const THROWN = {
  terminal: () => new TerminalError("no more"),
  coded: () => new TerminalError("no more", { code: "OUT_OF_PAPER" }),
  error: () => new TypeError("wrong type"),
  system: () => Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
  undefined: () => undefined,
  null: () => null,
  string: () => "just a string",
  number: () => 42,
  symbol: () => Symbol("strange"),
  function: () => () => 1,
  object: () => ({ reason: "none" }),
  bare: () => Object.create(null) as unknown,
  bigint: () => 10n,
  circular: () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    return circle;
  },
  getter: () => Object.defineProperty({}, "message", { get: () => { throw new Error("gotcha"); } }), // prettier-ignore
  proxy: () => new Proxy({}, { get: () => { throw new Error("gotcha"); } }), // prettier-ignore
  long: () => new Error("x".repeat(5_000_000)),
  deep: () => new Error("outer", { cause: new Error("inner") }),
  longCode: () => Object.assign(new Error("coded"), { code: "C".repeat(10_000) }),
  numericCode: () => Object.assign(new Error("coded"), { code: 42 }),
  lonely: () => new Error("\ud800 lonely"),
};

/** Returns what cannot be stored. */
const returner = action<{ item: keyof typeof RETURNED }>({
  name: "returner",
  run: ({ input }) => RETURNED[input.item](),
});
const RETURNED = {
  bigint: () => 1n,
  circular: () => THROWN.circular(),
  function: () => () => 1,
  symbol: () => Symbol("x"),
  toJSON: () => ({ toJSON: () => { throw new Error("no JSON"); } }), // prettier-ignore
  toNothing: () => ({ toJSON: () => undefined }),
  getter: () => Object.defineProperty({}, "x", { enumerable: true, get: () => { throw new Error("no"); } }), // prettier-ignore
  large: () => "x".repeat(1024 * 1024 - 1),
  wide: () => "é".repeat(600_000),
  largest: () => "x".repeat(1024 * 1024 - 2),
  deep: () => nest(100_000),
  nan: () => [Number.NaN, Infinity, undefined, () => 1],
  date: () => new Date(0),
  map: () => new Map([[1, 2]]),
  buffer: () => new Uint8Array(3),
  promise: () => Promise.resolve("later"),
  // oxlint-disable-next-line unicorn/no-thenable -- what is returned may be anything
  thenable: () => ({ then: (resolve: (value: string) => void) => resolve("then") }),
  nothing: () => undefined,
};

/** Returns lists in lists, `item` deep. */
const nester = action<{ item: number }>({ name: "nester", run: ({ input }) => nest(input.item) });

const checked = action({
  name: "checked",
  input: z.object({ item: z.number().transform((n) => n * 2) }),
  output: z.object({ half: z.number().max(10) }),
  run: ({ input }) => ({ half: input.item / 2, more: "stripped" }),
});

/** Takes longer than any test, and answers its signal. */
const sleeper = action({
  name: "sleeper",
  run: (_task, { signal }) => sleep(3_600_000, "woken", { signal, ref: false }),
});
/** Never ends, and looks at no signal. */
const deaf = action({ name: "deaf", run: () => new Promise(() => undefined) });
/** Says what its signal said, too late. */
const tooLate = action({
  name: "too_late",
  run: (_task, { signal }) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve("as if nothing was"))),
});

const busy = new Map<string, { now: number; most: number }>();
/** Counts how many tasks of its stage are running at once. */
const counting = action<{ ms: number }>({
  name: "counting",
  run: async ({ jobId, stage, input }, { signal }) => {
    const key = `${jobId}/${stage}`;
    const count = busy.get(key) ?? { now: 0, most: 0 };
    busy.set(key, count);
    count.now += 1;
    count.most = Math.max(count.most, count.now);
    try {
      await sleep(input.ms, undefined, { signal });
    } finally {
      count.now -= 1;
    }
    return null;
  },
});

const definition = action({
  name: "definition",
  retry: { maxAttempts: 5, initialInterval: "1ms", jitter: false },
  timeout: "1h",
  run: () => {
    throw new Error("never");
  },
});
const oneByOne = action({ name: "one_by_one", durability: "task", run: ({ index }) => index });
const mutating = action<{ list: number[]; attempt?: number }>({
  name: "mutating",
  run: (task) => {
    task.input.list.push(task.attempt);
    if (task.attempt < 3) throw new Error("again");
    return task.input.list;
  },
});

const { job } = await startTestFanfold({
  actions: [
    echo,
    flaky,
    thrower,
    returner,
    nester,
    checked,
    sleeper,
    deaf,
    tooLate,
    counting,
    definition,
    oneByOne,
    mutating,
  ],
});

async function outcomesOf(request: JobRequest): Promise<TaskOutcome[]> {
  const one = job();
  await one.run(request);
  expect(await one.verify()).toMatchObject({ ok: true, inFlight: 0 });
  return one.allResults();
}
const quick = { initialInterval: "1ms", jitter: false };
const kindsOf = <Kind extends string>(kinds: Record<Kind, unknown>) => ({
  foreach: { items: Object.keys(kinds) },
});

describe("a failed attempt", () => {
  it("is tried again until one succeeds, and counted", async () => {
    const one = job();
    const request = {
      action: "flaky",
      payload: { failures: 2 },
      fanout: { tasks: 3 },
      retry: quick,
    };
    expect(await one.run(request)).toMatchObject({ status: "SUCCEEDED", receipt: { retries: 6 } });
    for (const outcome of await one.allResults())
      expect(outcome).toMatchObject({ attempts: 3, result: 3 });
  });

  it("is the last one when there have been maxAttempts", async () => {
    const request = { action: "flaky", payload: { failures: 9 }, fanout: { tasks: 2 } };
    for (const maxAttempts of [1, 2, 4]) {
      const outcomes = await outcomesOf({ ...request, retry: { ...quick, maxAttempts } });
      const error = {
        code: "FLAKY",
        message: `attempt ${maxAttempts} failed`,
        stack: expect.any(String) as string,
      };
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({
          status: "FAILED",
          attempts: maxAttempts,
          error,
          input: { failures: 9 },
        });
        expect(outcome).not.toHaveProperty("result");
      }
    }
  });

  it("is tried three times by default", async () => {
    const request = { action: "flaky", payload: { failures: 9 }, fanout: { tasks: 1 } };
    expect(await outcomesOf(request)).toMatchObject([{ attempts: 3 }]);
  });

  it("is tried as the action says, the job over it, the stage over both", async () => {
    const definitions: [JobRequest, number][] = [
      [{ action: "definition" }, 5],
      [{ action: "definition", retry: { maxAttempts: 2 } }, 2],
      [
        {
          actionChain: [{ action: "definition", retry: { maxAttempts: 4 } }],
          retry: { maxAttempts: 2 },
        },
        4,
      ],
      [{ actionChain: [{ action: "definition", retry: { factor: 1 } }] }, 5],
    ];
    for (const [request, attempts] of definitions) {
      expect(await outcomesOf({ ...request, fanout: { tasks: 1 } })).toMatchObject([{ attempts }]);
    }
  });

  it("waits longer each time", async () => {
    const one = job();
    const retry = {
      maxAttempts: 4,
      initialInterval: "100ms",
      factor: 3,
      maxInterval: "300ms",
      jitter: false,
    };
    const { tookMs } = await one.run({
      action: "flaky",
      payload: { failures: 3 },
      fanout: { tasks: 1 },
      retry,
    });
    expect(tookMs).toBeGreaterThanOrEqual(100 + 300 + 300);
    expect(tookMs).toBeLessThan(10_000);
  });

  it("waits at least half as long with jitter", async () => {
    const retry = { maxAttempts: 2, initialInterval: "400ms" };
    const { tookMs } = await job().run({
      action: "flaky",
      payload: { failures: 1 },
      fanout: { tasks: 1 },
      retry,
    });
    expect(tookMs).toBeGreaterThanOrEqual(200);
  });

  it("waits as long as the error says", async () => {
    const retry = { initialInterval: "1h", maxInterval: "1h" };
    const payload = { failures: 2, retryAfter: "200ms" };
    const { tookMs, status } = await job().run({
      action: "flaky",
      payload,
      fanout: { tasks: 1 },
      retry,
    });
    expect(status).toBe("SUCCEEDED");
    expect(tookMs).toBeGreaterThanOrEqual(400);
    expect(tookMs).toBeLessThan(20_000);
  });

  it("holds no slot while it waits", async () => {
    const request: JobRequest = {
      action: "flaky",
      payload: { ms: 1 },
      fanout: { foreach: { as: "failures", items: [1, 0, 0, 0, 0] } },
      retry: { initialInterval: "700ms", jitter: false },
      limits: { concurrency: 1 },
    };
    const [first, ...others] = await outcomesOf(request);
    expect(first).toMatchObject({ attempts: 2 });
    for (const other of others) {
      expect(other).toMatchObject({ attempts: 1 });
      expect(other.startedAt ?? 0).toBeLessThan((first?.startedAt ?? 0) + 700);
    }
  });

  it("does not make the attempts after it run one at a time", async () => {
    const payload = { failures: 1, ms: 200 };
    const { tookMs } = await job().run({
      action: "flaky",
      payload,
      fanout: { tasks: 40 },
      retry: quick,
    });
    expect(tookMs).toBeLessThan(isReplayed ? 20_000 : 4_000);
  });

  it("leaves the next attempt's input as it was", async () => {
    const payload = { list: [0] };
    expect(
      await outcomesOf({ action: "mutating", payload, fanout: { tasks: 1 }, retry: quick }),
    ).toMatchObject([{ result: [0, 3] }]);
  });
});

describe("whatever is thrown", () => {
  it("becomes an outcome with a code and a message", async () => {
    const fanout = kindsOf(THROWN);
    const outcomes = await outcomesOf({
      action: "thrower",
      fanout,
      retry: { ...quick, maxAttempts: 2 },
    });
    const byKind = Object.fromEntries(
      outcomes.map((outcome, at) => [fanout.foreach.items[at], outcome]),
    );
    const failed = (code: string, attempts: number, message?: unknown) => ({
      status: "FAILED",
      attempts,
      error: { code, message: message ?? (expect.any(String) as unknown) },
    });
    expect(byKind).toMatchObject({
      terminal: failed("TASK_FAILED", 1, "no more"),
      coded: failed("OUT_OF_PAPER", 1, "no more"),
      error: failed("TASK_FAILED", 2, "wrong type"),
      system: failed("ECONNREFUSED", 2, "refused"),
      undefined: failed("TASK_FAILED", 2, "undefined"),
      null: failed("TASK_FAILED", 2, "null"),
      string: failed("TASK_FAILED", 2, "just a string"),
      number: failed("TASK_FAILED", 2, "42"),
      symbol: failed("TASK_FAILED", 2, "Symbol(strange)"),
      object: failed("TASK_FAILED", 2, expect.stringContaining("none")),
      long: failed("TASK_FAILED", 2),
      longCode: failed("TASK_FAILED", 2),
      numericCode: failed("TASK_FAILED", 2),
    });
    expect(outcomes.length).toBe(Object.keys(THROWN).length);
    for (const outcome of outcomes) {
      expect(outcome.status).toBe("FAILED");
      expect(outcome.error?.message.length).toBeLessThan(20_000);
    }
  });
});

/** More than fits into one message. */
/** Each replayed attempt reads again what was committed: its cost grows with the square. */
const BULKY = isReplayed ? 15 : 40;

describe("whatever is returned", () => {
  it("becomes an outcome", async () => {
    const fanout = kindsOf(RETURNED);
    const outcomes = await outcomesOf({ action: "returner", fanout, retry: quick, fold: "none" });
    const byKind = Object.fromEntries(
      outcomes.map((outcome, at) => [fanout.foreach.items[at], outcome]),
    );
    const failed = (code: string) => ({ status: "FAILED", attempts: 1, error: { code } });
    const returned = (result: unknown) => ({ status: "SUCCEEDED", attempts: 1, result });
    expect(byKind).toMatchObject({
      bigint: failed("UNSERIALISABLE"),
      circular: failed("UNSERIALISABLE"),
      function: failed("UNSERIALISABLE"),
      symbol: failed("UNSERIALISABLE"),
      toJSON: failed("UNSERIALISABLE"),
      toNothing: failed("UNSERIALISABLE"),
      getter: failed("UNSERIALISABLE"),
      deep: failed("UNSERIALISABLE"),
      large: failed("RESULT_TOO_LARGE"),
      wide: failed("RESULT_TOO_LARGE"),
      largest: returned("x".repeat(1024 * 1024 - 2)),
      nan: returned([null, null, null, null]),
      date: returned("1970-01-01T00:00:00.000Z"),
      map: returned({}),
      buffer: returned({ 0: 0, 1: 0, 2: 0 }),
      promise: returned("later"),
      thenable: returned("then"),
      nothing: returned(null),
    });
  });

  it("can be read whole when it is as deep as JSON can be written", async () => {
    const one = job();
    const items = Array.from({ length: 24 }, (_, n) => 250 * (n + 1));
    const outcome = await one.run({ action: "nester", fanout: { foreach: { items } } });
    const outcomes = await one.allResults();
    expect(outcomes.length).toBe(24);
    expect(outcome.taskCounts.total).toBe(24);
  });

  it("of 1 MB each is kept for all tasks", async () => {
    const items = Array.from({ length: BULKY }, () => "largest");
    const one = job();
    const outcome = await one.run({ action: "returner", fanout: { foreach: { items } } });
    expect(outcome).toMatchObject({ status: "SUCCEEDED", result: null, truncated: true });
    expect((await one.allResults()).length).toBe(BULKY);
    expect(await one.verify()).toMatchObject({ ok: true, checked: BULKY });
  });

  it("and failed with an input of 1 MB is kept for all tasks", async () => {
    const one = job();
    const payload = { failures: 9, padding: "x".repeat(1024 * 1024) };
    const request = {
      action: "flaky",
      payload,
      fanout: { tasks: BULKY },
      retry: { maxAttempts: 1 },
    };
    expect(await one.run(request)).toMatchObject({
      status: "FAILED",
      taskCounts: { FAILED: BULKY },
    });
    const [outcome] = (await one.results({ limit: 1, cursor: String(BULKY - 1) })).outcomes;
    expect(outcome?.input).toEqual(payload);
  });
});

describe("schemas", () => {
  it("read the input and check the result", async () => {
    const request = { action: "checked", fanout: { foreach: { items: [3, 11, "x", null] } } };
    expect(await outcomesOf(request)).toMatchObject([
      { status: "SUCCEEDED", result: { half: 3 } },
      {
        error: { code: "INVALID_OUTPUT", message: expect.stringContaining("half") as string },
        attempts: 1,
      },
      {
        error: { code: "INVALID_INPUT", message: expect.stringContaining("item") as string },
        attempts: 1,
      },
      { error: { code: "INVALID_INPUT" }, attempts: 1, input: { item: null } },
    ]);
  });
});

describe("a timeout", () => {
  const once: Partial<JobRequest> = {
    timeout: "100ms",
    retry: { maxAttempts: 1 },
    fanout: { tasks: 3 },
  };

  it("aborts the signal and ends the attempt as TASK_TIMEOUT", async () => {
    for (const name of ["sleeper", "too_late"]) {
      const from = Date.now();
      const outcomes = await outcomesOf({ action: name, ...once });
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({
          status: "FAILED",
          attempts: 1,
          error: { code: "TASK_TIMEOUT" },
        });
      }
      expect(Date.now() - from).toBeLessThan(9_000);
    }
  });

  it("is tried again like any failure", async () => {
    const retry = { ...quick, maxAttempts: 2 };
    const outcomes = await outcomesOf({ action: "sleeper", ...once, retry });
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ attempts: 2, error: { code: "TASK_TIMEOUT" } });
      expect(outcome.durationMs).toBeGreaterThanOrEqual(199);
      expect(outcome.durationMs).toBeLessThan(5_000);
    }
  });

  it("waits for code that ignores its signal as long as cancelGrace, and no longer", async () => {
    const outcomes = await outcomesOf({ action: "deaf", ...once, cancelGrace: "200ms" });
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ error: { code: "TASK_TIMEOUT" } });
      expect(outcome.durationMs).toBeGreaterThanOrEqual(299);
      expect(outcome.durationMs).toBeLessThan(5_000);
    }
    expect(await outcomesOf({ action: "deaf", ...once, cancelGrace: 0 })).toMatchObject(
      outcomes.map(() => ({ error: { code: "TASK_TIMEOUT" } })),
    );
  });

  it("lets the tasks beside it and after it run", async () => {
    const one = job();
    const nextActions = ["echo"];
    const request: JobRequest = {
      action: "flaky",
      payload: { failures: 0 },
      fanout: { foreach: { as: "ms", items: [0, 3_000, 0, 3_000, 0] } },
      nextActions,
      timeout: "300ms",
      retry: { maxAttempts: 1 },
      limits: { concurrency: 2 },
    };
    expect(await one.run(request)).toMatchObject({
      status: "FAILED",
      stages: [{ taskCounts: { SUCCEEDED: 3, FAILED: 2 } }, { taskCounts: { SUCCEEDED: 3 } }],
    });
  });
});

describe("concurrency", () => {
  it.each([1, 2, 7, 50])("of %i is never exceeded, and used", async (concurrency) => {
    const one = job();
    const tasks = Math.max(12, concurrency * 4);
    const request = {
      action: "counting",
      payload: { ms: 20 },
      fanout: { tasks },
      limits: { concurrency },
    };
    await one.run(request);
    const most = busy.get(`${one.id}/0`)?.most ?? 0;
    expect(most).toBeLessThanOrEqual(concurrency);
    expect(most).toBeGreaterThanOrEqual(Math.ceil(concurrency / 2));
  });

  it("is each stage's own, and may be set for a stage", async () => {
    const one = job();
    const outcome = await one.run({
      action: "counting",
      payload: { ms: 15 },
      fanout: { tasks: 60 },
      limits: { concurrency: 12 },
      nextActions: [{ action: "counting", limits: { concurrency: 3 } }, "counting"],
    });
    expect(outcome).toMatchObject({ status: "SUCCEEDED" });
    const most = [0, 1, 2].map((stage) => busy.get(`${one.id}/${stage}`)?.most ?? 0);
    expect(most[0]).toBeLessThanOrEqual(12);
    expect(most[1]).toBeLessThanOrEqual(3);
    expect(most[2]).toBeLessThanOrEqual(12);
    const { stages } = await one.status();
    expect(stages.map(({ concurrency }) => concurrency)).toEqual([12, 3, 12]);
  });

  it("is 100 by default", async () => {
    const one = job();
    await one.run({ action: "counting", payload: { ms: 50 }, fanout: { tasks: 400 } });
    expect(busy.get(`${one.id}/0`)?.most).toBeLessThanOrEqual(100);
    expect((await one.status()).stages[0]?.concurrency).toBe(100);
  });

  it("holds with retries and many chunks", async () => {
    const one = job();
    const request = {
      action: "counting",
      payload: { ms: 1 },
      fanout: { tasks: 3_000 },
      limits: { concurrency: 9 },
    };
    await one.run({ ...request, fold: "none" });
    expect(busy.get(`${one.id}/0`)?.most).toBeLessThanOrEqual(9);
  });
});

it('durability "task" commits each outcome on its own and loses none', async () => {
  const one = job();
  const outcome = await one.run({
    action: "one_by_one",
    fanout: { tasks: 60 },
    nextActions: ["echo"],
  });
  expect(outcome).toMatchObject({
    status: "SUCCEEDED",
    taskCounts: { total: 120, SUCCEEDED: 120 },
  });
  const results = (await one.allResults({ stage: 0 })).map(({ result }) => result);
  expect(results).toEqual(Array.from({ length: 60 }, (_, n) => n));
});

// --- internal ---

function nest(depth: number): unknown {
  let value: unknown = 0;
  for (let at = 0; at < depth; at += 1) value = [value];
  return value;
}

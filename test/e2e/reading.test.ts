import { describe, expect, it, vi } from "vitest";
import { action } from "../../services/actions.ts";
import type { JobRequest, TaskOutcome } from "../../services/contract/index.ts";
import { probe } from "../../services/samples/probe.ts";
import { echo, gated, nap, refuse } from "../support/actions.ts";
import { refused } from "../support/http.ts";
import type { JobClient } from "../support/job-client.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

const gate = gated();
/** Fails every third task. */
const thirds = action({
  name: "thirds",
  retry: { maxAttempts: 1 },
  run: ({ index }) => {
    if (index % 3 !== 0) return index;
    const error = new Error("a third");
    // Thousands of stacks would be most of what is stored.
    delete error.stack;
    throw error;
  },
});
const { job, post, get, admin } = await startTestFanfold({
  actions: [echo, nap, refuse, gate, thirds, probe],
});

const indexes = (outcomes: readonly TaskOutcome[]) => outcomes.map(({ index }) => index);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe("results", () => {
  it("come in pages of 100, or as many as asked, in order of index", async () => {
    const one = job();
    await one.run({ action: "thirds", fanout: { tasks: 250 } });
    const first = await one.results();
    expect(indexes(first.outcomes)).toEqual(upTo(100));
    expect(first.complete).toBe(true);
    for (const limit of [9, 100, 249, 250, 251, 1_000]) {
      const pages: TaskOutcome[][] = [];
      let cursor: string | null = null;
      do {
        const page = await one.results({ limit, cursor });
        expect(page.outcomes.length).toBeLessThanOrEqual(limit);
        pages.push(page.outcomes);
        ({ cursor } = page);
      } while (cursor !== null && pages.length < 260);
      expect(indexes(pages.flat())).toEqual(upTo(250));
      expect(pages.length).toBe(Math.ceil(250 / limit));
    }
  });

  it("of one status leave the others out", async () => {
    const one = job();
    await one.run({ action: "thirds", fanout: { tasks: 100 } });
    const failed = await one.allResults({ status: "FAILED", limit: 10 });
    expect(indexes(failed)).toEqual(upTo(100).filter((n) => n % 3 === 0));
    expect(failed[0]).toMatchObject({
      error: { code: "TASK_FAILED", message: "a third" },
      input: {},
    });
    const succeeded = await one.allResults({ status: "SUCCEEDED", limit: 9 });
    expect(indexes(succeeded)).toEqual(upTo(100).filter((n) => n % 3 !== 0));
    expect(await one.results({ status: "CANCELLED" })).toEqual({
      outcomes: [],
      cursor: null,
      complete: true,
    });
  });

  it("are of the last stage unless another is asked for", async () => {
    const one = job();
    await one.run({ action: "echo", fanout: { tasks: 2 }, nextActions: ["echo", "echo"] });
    expect((await one.results()).outcomes.map(({ stage }) => stage)).toEqual([2, 2]);
    for (const stage of [0, 1, 2]) {
      expect((await one.results({ stage })).outcomes).toMatchObject([{ stage }, { stage }]);
    }
  });

  it("of a running stage give every outcome exactly once, in order, to who reads on", async () => {
    const one = job();
    await one.submit({
      action: "nap",
      payload: { ms: 25 },
      fanout: { tasks: 150 },
      limits: { concurrency: 8 },
    });
    const read: TaskOutcome[] = [];
    let cursor: string | null = null;
    let wasIncomplete = false;
    await vi.waitFor(
      async () => {
        const page = await one.results({ cursor, limit: 40 });
        read.push(...page.outcomes);
        wasIncomplete ||= !page.complete;
        ({ cursor } = page);
        expect(cursor).toBeNull();
      },
      { timeout: 40_000, interval: 20 },
    );
    expect(indexes(read)).toEqual(upTo(150));
    expect(wasIncomplete).toBe(true);
    expect(read).toEqual(await one.allResults());
  });

  it("of a running stage end before the first task without outcome", async () => {
    const one = job();
    await one.submit({ action: "echo", open: true, fanout: { tasks: 3 } });
    await vi.waitFor(
      async () => expect(indexes((await one.results()).outcomes)).toEqual([0, 1, 2]),
      20_000,
    );
    const { cursor, complete } = await one.results();
    expect(complete).toBe(false);
    expect(await one.results({ cursor })).toEqual({ outcomes: [], cursor, complete: false });
    await one.append({ fanout: { tasks: 1 } });
    await vi.waitFor(
      async () => expect(indexes((await one.results({ cursor })).outcomes)).toEqual([3]),
      20_000,
    );
    await one.seal();
    await one.outcome();
    expect(await one.results({ cursor: "4" })).toEqual({
      outcomes: [],
      cursor: null,
      complete: true,
    });
  });

  it("that are long come in pages of at most 4 MiB", async () => {
    const one = job();
    await one.run({ action: "probe", payload: { bytes: 900_000 }, fanout: { tasks: 9 } });
    const read: TaskOutcome[] = [];
    let cursor: string | null = null;
    do {
      const page = await one.results({ cursor });
      expect(JSON.stringify(page).length).toBeLessThanOrEqual(4 * 1024 * 1024);
      expect(page.outcomes.length).toBeGreaterThan(0);
      read.push(...page.outcomes);
      ({ cursor } = page);
    } while (cursor !== null);
    expect(indexes(read)).toEqual(upTo(9));
  });

  it("beyond the last are an empty page", async () => {
    const one = job();
    await one.run({ action: "echo", fanout: { tasks: 2 } });
    for (const cursor of ["2", "3", "9999999999"]) {
      expect(await one.results({ cursor })).toEqual({ outcomes: [], cursor: null, complete: true });
    }
  });
});

/** Several blocks of tasks; a replayed chunk reads its journal from the start at each commit. */
const MANY = isReplayed ? 18_000 : 40_000;

it("tens of thousands of tasks are read, verified and shown on the timeline, each once", async () => {
  const one = job();
  const request: JobRequest = {
    action: "thirds",
    fanout: { range: { start: 1, stop: MANY } },
    nextActions: ["echo"],
    fold: "count",
    failurePolicy: "best-effort",
  };
  const failures = Math.ceil(MANY / 3);
  const outcome = await one.run(request);
  expect(outcome).toMatchObject({
    status: "SUCCEEDED",
    stages: [
      { taskCounts: { total: MANY, FAILED: failures }, result: MANY - failures },
      { taskCounts: { total: MANY - failures, FAILED: 0 } },
    ],
  });
  const outcomes = await one.allResults({ stage: 0 });
  expect(indexes(outcomes)).toEqual(upTo(MANY));
  expect(indexes(await one.allResults({ stage: 0, status: "FAILED" }))).toEqual(
    upTo(MANY).filter((n) => n % 3 === 0),
  );
  const last = MANY - failures - 1;
  expect(indexes((await one.results({ cursor: String(last) })).outcomes)).toEqual([last]);
  expect(await one.verify()).toEqual({
    ok: true,
    differences: [],
    checked: 2 * MANY - failures,
    inFlight: 0,
  });

  for (const { stage, taskCounts } of outcome.stages) {
    const chunks = await one.allChunks(stage);
    let next = 0;
    for (const chunk of [...chunks].sort((a, b) => a.first - b.first)) {
      expect(chunk.first).toBe(next);
      expect(chunk.succeeded + chunk.failed).toBe(chunk.size);
      expect(chunk.endedAt).toBeGreaterThanOrEqual(chunk.startedAt);
      next += chunk.size;
    }
    expect(next).toBe(taskCounts.total);
    expect(chunks.reduce((sum, { failed }) => sum + failed, 0)).toBe(taskCounts.FAILED);
  }
});

describe("the outcome", () => {
  it("collects up to 1,000 tasks in order, failures too", async () => {
    const one = job();
    const { result, truncated } = await one.run({ action: "thirds", fanout: { tasks: 1_000 } });
    expect(truncated).toBeUndefined();
    expect(result).toMatchObject(
      upTo(1_000).map((value) =>
        value % 3 === 0
          ? { ok: false, error: { code: "TASK_FAILED", message: "a third" } }
          : { ok: true, value },
      ),
    );
  });

  it.each<[string, JobRequest]>([
    ["1,001 tasks", { action: "echo", fanout: { tasks: 1_001 } }],
    ["more than 1 MiB", { action: "probe", payload: { bytes: 300_000 }, fanout: { tasks: 4 } }],
  ])("is truncated with %s, and says where to read", async (_, request) => {
    const one = job();
    const outcome = await one.run(request);
    expect(outcome).toMatchObject({ status: "SUCCEEDED", result: null, truncated: true });
    expect((await fetch(outcome.resultsUri)).status).toBe(200);
  });

  it("counts, or keeps nothing, as asked", async () => {
    for (const [fold, result] of [
      ["count", 66],
      ["none", null],
    ] as const) {
      const outcome = await job().run({ action: "thirds", fanout: { tasks: 100 }, fold });
      expect(outcome).toMatchObject({ status: "FAILED", result, stages: [{ result }] });
      expect(outcome).not.toHaveProperty("truncated");
    }
  });

  it("has the fold of each stage", async () => {
    const outcome = await job().run({
      action: "echo",
      payload: { a: 1 },
      fanout: { tasks: 2 },
      fold: "count",
      nextActions: [
        { action: "echo", fold: "collect" },
        { action: "thirds", fold: "none" },
      ],
    });
    expect(outcome.stages.map(({ result }) => result)).toMatchObject([
      2,
      [{ ok: true }, { ok: true }],
      null,
    ]);
    expect(outcome.result).toBeNull();
  });

  it("follows the policy", async () => {
    const statuses: unknown[] = [];
    for (const failurePolicy of ["complete-all", "best-effort"] as const) {
      for (const [name, tasks] of [
        ["thirds", 3],
        ["refuse", 2],
        ["echo", 2],
      ] as const) {
        const outcome = await job().run({ action: name, fanout: { tasks }, failurePolicy });
        statuses.push([failurePolicy, name, outcome.status]);
      }
    }
    expect(statuses).toEqual([
      ["complete-all", "thirds", "FAILED"],
      ["complete-all", "refuse", "FAILED"],
      ["complete-all", "echo", "SUCCEEDED"],
      ["best-effort", "thirds", "SUCCEEDED"],
      ["best-effort", "refuse", "FAILED"],
      ["best-effort", "echo", "SUCCEEDED"],
    ]);
  });

  it("has a receipt that adds up", async () => {
    const one = job();
    const { receipt, tookMs } = await one.run({
      action: "nap",
      payload: { ms: 100 },
      fanout: { tasks: 40 },
    });
    const outcomes = await one.allResults();
    const spent = outcomes.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0);
    expect(Math.abs(receipt.taskMs - spent)).toBeLessThan(5);
    expect(receipt.taskMs).toBeGreaterThanOrEqual(40 * 99);
    expect(receipt).toMatchObject({ wallMs: tookMs, retries: 0 });
    expect(receipt.speedup).toBeCloseTo(receipt.taskMs / receipt.wallMs, 0);
  });
});

describe("verify", () => {
  it("leaves out what is in flight", async () => {
    const one = job();
    await one.submit({ action: "gated", payload: { gate: one.id }, fanout: { tasks: 5 } });
    expect(await one.verify()).toMatchObject({ ok: true, checked: 0, inFlight: 5 });
    gate.open(one.id);
    await one.outcome();
    expect(await one.verify()).toEqual({ ok: true, differences: [], checked: 5, inFlight: 0 });
  });
});

describe("purge", () => {
  it("is refused while the job runs", async () => {
    const one = job();
    await one.submit({ action: "gated", payload: { gate: one.id }, fanout: { tasks: 1 } });
    expect(await refused(post(one.path("purge")))).toMatchObject({
      status: 409,
      code: "JOB_RUNNING",
    });
    gate.open(one.id);
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
    expect(await one.purge()).toEqual({ jobId: one.id, status: "SUCCEEDED", generation: 1 });
  });

  it("forgets the job at once, then all of its data, and the id is free", async () => {
    const one = job();
    const request: JobRequest = {
      action: "probe",
      payload: { emit: 2, padding: "x".repeat(10_000) },
      fanout: { foreach: { items: upTo(9_000) } },
      nextActions: ["probe"],
      open: true,
      fold: "none",
    };
    await one.submit(request);
    await one.append({ fanout: { tasks: 1 }, appendId: "one" });
    await one.seal();
    await one.outcome();
    expect((await stateOf(one)).length).toBeGreaterThan(10);
    await one.purge();
    await isForgotten(one);

    const again = await one.run({ action: "echo", fanout: { tasks: 1 } });
    expect(again).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 1 } });
    expect((await one.results()).outcomes.length).toBe(1);
    expect(await one.verify()).toMatchObject({ ok: true, checked: 1 });
    await one.purge();
    await isForgotten(one);
  });
});

describe("retention", () => {
  it("forgets the job by itself", async () => {
    const one = job();
    await one.run({
      action: "echo",
      fanout: { tasks: 100 },
      nextActions: ["echo"],
      retention: "1s",
    });
    await vi.waitFor(
      async () => {
        expect(await refused(get(one.path("status")))).toMatchObject({ code: "JOB_NOT_FOUND" });
      },
      { timeout: 20_000, interval: 100 },
    );
    await isForgotten(one);
  });

  it("of a purged job does not touch the next job of its id", async () => {
    const one = job();
    await one.run({ action: "echo", fanout: { tasks: 1 }, retention: "1s" });
    await one.purge();
    await one.run({ action: "echo", fanout: { tasks: 2 }, retention: "1h" });
    const other = job();
    await other.run({ action: "echo", fanout: { tasks: 1 }, retention: "1500ms" });
    await vi.waitFor(() => refused(get(other.path("status"))), { timeout: 20_000, interval: 100 });
    expect(await one.outcome()).toMatchObject({ taskCounts: { total: 2 } });
  });

  it("of nothing still answers who waits", async () => {
    const one = job();
    await one.submit({
      action: "gated",
      payload: { gate: one.id },
      fanout: { tasks: 1 },
      retention: 0,
    });
    const waiting = one.outcome();
    await refused(post(one.path("outcome"), { wait: "200ms" }));
    gate.open(one.id);
    expect(await waiting).toMatchObject({ status: "SUCCEEDED" });
  });
});

// --- internal ---

const stateOf = ({ id }: JobClient) =>
  admin.query(
    `select service_name, service_key, key from state
     where service_key = '${id}' or service_key like '${id}/%'`,
  );

const invocationsOf = ({ id }: JobClient) =>
  admin.query(
    `select target, status from sys_invocation
     where target_service_key = '${id}' or target_service_key like '${id}/%'`,
  );

async function isForgotten(one: JobClient): Promise<void> {
  for (const handler of ["status", "outcome", "why", "results"]) {
    expect(await refused(get(one.path(handler)))).toMatchObject({
      status: 404,
      code: "JOB_NOT_FOUND",
    });
  }
  await vi.waitFor(
    async () => {
      expect(await stateOf(one)).toEqual([]);
      expect(await invocationsOf(one)).toEqual([]);
    },
    { timeout: 20_000, interval: 200 },
  );
}

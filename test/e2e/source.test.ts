import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import * as restate from "@restatedev/restate-sdk";
import { action, TerminalError, type ActionContext } from "../../services/actions.ts";
import type { JsonObject } from "../../services/contract/fanout.ts";
import type { JobRequest } from "../../services/contract/job-request.ts";
import type { Task } from "../../services/contract/task.ts";
import { durableAction } from "../../services/durable-action.ts";
import { probe } from "../../services/samples/probe.ts";
import { describe as describeTask, echo, gated } from "../support/actions.ts";
import { eventually } from "../support/eventually.ts";
import { refused } from "../support/http.ts";
import type { JobClient } from "../support/job-client.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

interface Asked {
  readonly cursor: unknown;
  readonly task: Task;
  readonly context: ActionContext;
}

/** What the source of each job answers. */
const sources = new Map<string, (asked: Asked) => unknown>();
const asked: Task[] = [];
const list = action({
  name: "list",
  run: (task: Task<{ cursor: unknown }>, context) => {
    asked.push(structuredClone(task));
    return sources.get(task.jobId)!({ cursor: task.input.cursor, task, context });
  },
});
const gate = gated();

/** Numbers in pages of three, 3 steps by Restate to a page. */
const durableList = durableAction({
  name: "durable_list",
  run: async (ctx, { input }: Task<{ cursor: number | null; filler: string }>) => {
    const first = await ctx.run("first", () => input.cursor ?? 0);
    await ctx.sleep(5);
    const items = [first, first + 1, first + 2].map((n) => `${n}${input.filler}`);
    return { items, cursor: first < 9 ? first + 3 : null };
  },
});
const listing = restate.service({
  name: "Catalogue",
  handlers: {
    list: async (_ctx: restate.Context, { input }: Task<{ cursor: number | null }>) => {
      const first = input.cursor ?? 0;
      return { items: [first], cursor: first < 3 ? first + 1 : null };
    },
    refuse: async (): Promise<void> => {
      throw new restate.TerminalError("no such table");
    },
    mumble: async () => ({ rows: [] }),
  },
});

const fanfold = await startTestFanfold({
  actions: [list, durableList, gate, echo, describeTask, probe],
  services: [listing],
});

describe("a dynamic fan-out", () => {
  it("makes one task of each item, in the order of the pages", async () => {
    const job = sourced(pagesOf([["a", "b"], ["c"], ["d", { e: 1 }, null]]));
    const outcome = await job.run({ action: "echo", payload: { x: 1 }, ...from({ as: "row" }) });
    expect(outcome).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 6, SUCCEEDED: 6 } });
    const rows = ["a", "b", "c", "d", { e: 1 }, null];
    expect(outcome.result).toEqual(rows.map((row) => ({ ok: true, value: { x: 1, row } })));
    const outcomes = await job.allResults();
    expect(outcomes.map(({ taskId, parent, origin }) => ({ taskId, parent, origin }))).toEqual(
      rows.map((_, at) => ({ taskId: `${job.id}/0/${at}`, parent: null, origin: at })),
    );
    expect(await job.verify()).toMatchObject({ ok: true, checked: 6 });
  });

  it("calls its action as a task, with its own payload and the cursor, null at first", async () => {
    const job = sourced(pagesOf([["a"], ["b"]]));
    await job.run({ action: "echo", payload: { x: 1 }, ...from({ payload: { table: 7 } }) });
    const [first, second] = [0, 1].map((page) =>
      pagesAsked(job).find(({ index }) => index === page),
    );
    expect(first).toEqual({
      jobId: job.id,
      stage: -1,
      index: 0,
      taskId: `${job.id}/from/0`,
      parent: null,
      origin: 0,
      generation: 1,
      attempt: 1,
      action: "list",
      input: { table: 7, cursor: null },
      next: { stage: 0, action: "echo" },
    });
    expect(second).toMatchObject({ taskId: `${job.id}/from/1`, input: { table: 7, cursor: "1" } });
  });

  it("starts tasks with the first page, and says that it waits for the next", async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const pages = pagesOf([["a"], ["b"]]);
    const job = sourced(async (one) => {
      if (one.cursor !== null) await held;
      return pages(one);
    });
    await job.submit({ action: "echo", ...from() });
    await eventually(async () => expect((await job.status()).stages[0]!.counts.succeeded).toBe(1));
    const { status, sealed, stages } = await job.status();
    expect({ status, sealed, etaMs: stages[0]!.etaMs }).toEqual({
      status: "RUNNING",
      sealed: false,
      etaMs: null,
    });
    const { blockers } = await job.why();
    expect(blockers).toMatchObject([{ kind: "source", stage: 0, page: 1, attempt: 1 }]);
    expect(blockers[0]!["since"]).toBeGreaterThan(0);
    release();
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 2 } });
    expect(await job.status()).toMatchObject({ sealed: true });
  });

  it("reads no more than two pages ahead", async () => {
    const job = sourced(pagesOf(Array.from({ length: 9 }, () => [1, 2])));
    await job.submit({
      action: "gated",
      payload: { gate: job.id },
      ...from(),
      limits: { concurrency: 1 },
    });
    await eventually(async () =>
      expect((await job.why()).blockers).toContainEqual(
        expect.objectContaining({ kind: "source", page: 3, since: null }),
      ),
    );
    expect(new Set(pagesAsked(job).map(({ index }) => index))).toEqual(new Set([0, 1, 2]));
    expect((await job.status()).stages[0]!.counts.total).toBe(6);
    gate.open(job.id);
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 18 } });
  });

  it("goes on over empty pages, and ends at once without any item", async () => {
    const some = sourced(pagesOf([[], [], ["a"], [], ["b"], []]));
    const none = sourced(pagesOf([[], []]));
    expect(await some.run({ action: "probe", ...from() })).toMatchObject({
      status: "SUCCEEDED",
      taskCounts: { total: 2 },
    });
    expect(await none.run({ action: "probe", ...from(), nextActions: ["probe"] })).toMatchObject({
      status: "SUCCEEDED",
      taskCounts: { total: 0 },
      result: [],
    });
  });

  it("feeds later stages, whose tasks know the item they descend from", async () => {
    const job = sourced(pagesOf([["a", "b"], ["c"]]));
    const outcome = await job.run({ action: "probe", ...from(), nextActions: ["probe"] });
    expect(outcome.stages.map(({ taskCounts }) => taskCounts.SUCCEEDED)).toEqual([3, 3]);
    const last = await job.allResults();
    expect(new Set(last.map(({ origin }) => origin))).toEqual(new Set([0, 1, 2]));
    expect(new Set(last.map(({ parent }) => parent))).toEqual(
      new Set([0, 1, 2].map((index) => `${job.id}/0/${index}`)),
    );
  });

  it("takes pages of many MiB, a long payload and long cursors", async () => {
    const large = "x".repeat(1_000_000);
    const long = (page: number) => `${page}`.padEnd(60_000, "c");
    const job = sourced(({ cursor, task }) => {
      const page = task.index;
      if (page > 0 && cursor !== long(page)) throw new TerminalError("not the cursor it gave");
      const { filler } = task.input as { filler: string };
      const items = Array.from({ length: 3 }, (_, at) => `${page}.${at}.${filler.length}${large}`);
      return { items, cursor: page === 2 ? null : long(page + 1) };
    });
    const payload = { filler: "y".repeat(50_000) };
    await job.submit({ action: "probe", ...from({ payload }), fold: "count" });
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED", result: 9 });
    const { outcomes } = await job.results({ cursor: "8" });
    expect((outcomes[0]!.result as { item: string }).item.slice(0, 10)).toBe("2.2.50000x");
  });

  it("reads the pages of a durable action, which may be of many MiB", async () => {
    const payload = { filler: "x".repeat(600_000) };
    const from = { action: "durable_list", payload };
    const request = { action: "probe", fanout: { from }, fold: "count" } as const;
    expect(await fanfold.job().run(request)).toMatchObject({ status: "SUCCEEDED", result: 12 });
  });

  it("reads the pages of a remote action", async () => {
    const from = { action: "Catalogue/list" };
    const outcome = await fanfold.job().run({ action: "echo", fanout: { from } });
    expect(outcome.result).toEqual([0, 1, 2, 3].map((item) => ({ ok: true, value: { item } })));
  });

  it.each([
    ["Catalogue/refuse", /^FANOUT_SOURCE_FAILED: page 0 of "Catalogue\/refuse": .*no such table/],
    ["Catalogue/mumble", /INVALID_OUTPUT: A page must be/],
  ])("says how the remote action %s failed", async (name, reason) => {
    const request = { action: "echo", fanout: { from: { action: name } } };
    expect((await fanfold.job().run(request)).reason).toMatch(reason);
  });

  it("is planned without being read", async () => {
    const request = { action: "echo", ...from() };
    expect(await fanfold.post("Jobs/plan", request)).toMatchObject({
      body: { stages: [{ stage: 0, action: "echo", tasks: null }] },
    });
  });
});

describe("a page that fails", () => {
  it("is tried again, as tasks are", async () => {
    const pages = pagesOf([["a"], ["b"]]);
    const job = sourced((one) => {
      if (one.task.attempt < 3) throw new Error(`busy ${one.task.attempt}`);
      return pages(one);
    });
    const retry = { maxAttempts: 3, initialInterval: "10ms" };
    const outcome = await job.run({ action: "echo", ...from(), retry });
    expect(outcome).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 2 } });
    expect(new Set(pagesAsked(job).map(({ attempt }) => attempt))).toEqual(new Set([1, 2, 3]));
  });

  it("for good stops the job and says why; a redrive goes on with it", async () => {
    const pages = pagesOf([["a", "b"], ["c"], ["d"]]);
    let isBroken = true;
    const job = sourced((one) => {
      if (one.cursor === "1" && isBroken) throw new TerminalError("no table", { code: "GONE" });
      return pages(one);
    });
    await job.submit({ action: "probe", ...from(), nextActions: ["probe"] });
    const message = 'page 1 of "list": GONE: no table';
    expect(await job.outcome()).toMatchObject({
      status: "FAILED",
      reason: `FANOUT_SOURCE_FAILED: ${message}`,
      stages: [
        { status: "FAILED", error: { code: "FANOUT_SOURCE_FAILED", message } },
        { status: "CANCELLED" },
      ],
    });
    expect(await job.verify()).toMatchObject({ ok: true, differences: [] });

    isBroken = false;
    expect(await job.redrive({ only: "unsucceeded" })).toMatchObject({ generation: 2 });
    const outcome = await job.outcome();
    expect(outcome).toMatchObject({ status: "SUCCEEDED", generation: 2 });
    expect(outcome.stages.map(({ taskCounts }) => taskCounts.SUCCEEDED)).toEqual([4, 4]);
    expect(outcome.stages[0]).not.toHaveProperty("error");
    const items = (await job.allResults({ stage: 0 })).map(
      ({ result }) => (result as { item: string }).item,
    );
    expect(items).toEqual(["a", "b", "c", "d"]);
    expect(
      pagesAsked(job).filter(({ generation, index }) => generation === 2 && index < 1),
    ).toEqual([]);
    expect(await refused(fanfold.post(job.path("redrive"), { only: "unsucceeded" }))).toMatchObject(
      {
        code: "NOTHING_TO_REDRIVE",
      },
    );
  });

  it("for good is what a redrive of failed tasks is about, too", async () => {
    const pages = pagesOf([["a"], ["b"]]);
    const job = sourced((one) => {
      if (one.task.generation === 1 && one.cursor === "1") throw new TerminalError("not yet");
      return pages(one);
    });
    expect(await job.run({ action: "probe", ...from() })).toMatchObject({ status: "FAILED" });
    await job.redrive({ only: "failed" });
    const { taskCounts } = await job.outcome();
    expect(taskCounts.total).toBe(2);
  });

  it("by taking too long is a timeout", async () => {
    const job = sourced(({ context }) => sleep(60_000, undefined, { signal: context.signal }));
    const outcome = await job.run({
      action: "echo",
      ...from(),
      timeout: "50ms",
      retry: { maxAttempts: 2, initialInterval: "1ms" },
    });
    expect(outcome.reason).toMatch(/^FANOUT_SOURCE_FAILED: page 0 of "list": TASK_TIMEOUT: /);
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /INVALID_OUTPUT: A page must be \{ "items": \[ … \], "cursor": … \}/],
    ["no items", { cursor: null }, /INVALID_OUTPUT: .* items: /],
    ["no cursor", { items: [] }, /INVALID_OUTPUT: .* cursor: is missing/],
    ["too much", { items: Array(9).fill("x".repeat(1_000_000)), cursor: null }, /FANOUT_TOO_LARGE/],
    ["too long a cursor", { items: [], cursor: "x".repeat(70_000) }, /RESULT_TOO_LARGE/],
    ["what JSON has not", { items: [1n], cursor: null }, /UNSERIALISABLE/],
  ])("by answering %s says so, and is not tried again", async (_, answer, reason) => {
    const job = sourced(() => answer);
    const outcome = await job.run({ action: "echo", ...from() });
    expect(outcome).toMatchObject({ status: "FAILED", taskCounts: { total: 0 } });
    expect(outcome.reason).toMatch(/^FANOUT_SOURCE_FAILED: page 0 of "list": /);
    expect(outcome.reason).toMatch(reason);
    expect(new Set(pagesAsked(job).map(({ attempt }) => attempt))).toEqual(new Set([1]));
  });

  it("by giving the cursor that it was asked with says so", async () => {
    const job = sourced(() => ({ items: ["a"], cursor: "again" }));
    const outcome = await job.run({ action: "echo", ...from() });
    expect(outcome.reason).toBe(
      'FANOUT_SOURCE_FAILED: page 1 of "list": an earlier page gave the same cursor, "again"',
    );
    expect(outcome.taskCounts.total).toBe(1);
  });

  it("by leading round in a circle is noticed", async () => {
    const job = sourced(({ cursor }) => ({ items: ["a"], cursor: (Number(cursor ?? 0) + 1) % 5 }));
    const outcome = await job.run({ action: "echo", ...from() });
    expect(outcome.reason).toContain("an earlier page gave the same cursor");
    expect(new Set(pagesAsked(job).map(({ index }) => index)).size).toBeLessThanOrEqual(15);
  });
});

describe("a source", () => {
  it("is not read on while its job is paused", async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const pages = pagesOf([["a"], ["b"]]);
    const job = sourced(async (one) => {
      await held;
      return pages(one);
    });
    await job.submit({ action: "echo", ...from() });
    await eventually(async () => expect(pagesAsked(job)).not.toEqual([]));
    await job.pause();
    release();
    await eventually(async () => expect((await job.status()).stages[0]!.counts.total).toBe(1));
    expect((await job.why()).blockers).toMatchObject([
      { kind: "paused" },
      { kind: "source", page: 1, since: null },
      { kind: "pending" },
    ]);
    await job.resume();
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 2 } });
  });

  it("says how far it is, as tasks do", async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const job = sourced(async ({ context }) => {
      context.progress("listing");
      await held;
      return { items: [], cursor: null };
    });
    await job.submit({ action: "echo", ...from() });
    await eventually(async () => expect((await job.status()).customStatus).toBe("listing"));
    release();
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED" });
  });

  it("hears that its job is cancelled; a redrive reads on from there", async () => {
    const pages = pagesOf([["a"], ["b"], ["c"]]);
    let isSlow = true;
    const job = sourced(async (one) => {
      if (one.cursor === "1" && isSlow) {
        await sleep(60_000, undefined, { signal: one.context.signal });
      }
      return pages(one);
    });
    await job.submit({ action: "echo", ...from(), cancelGrace: "30s" });
    await eventually(async () => expect((await job.why()).blockers).toMatchObject([{ page: 1 }]));
    await job.cancel({ reason: "not today" });
    const { status, reason, tookMs, taskCounts } = await job.outcome();
    expect({ status, reason, taskCounts }).toMatchObject({
      status: "CANCELLED",
      reason: "not today",
      taskCounts: { total: 1, SUCCEEDED: 1 },
    });
    expect(tookMs).toBeLessThan(20_000);
    expect(await refused(fanfold.post(job.path("redrive"), { only: "failed" }))).toMatchObject({
      code: "NOTHING_TO_REDRIVE",
    });
    isSlow = false;
    await job.redrive({ only: "unsucceeded" });
    const { result } = await job.outcome();
    expect(result).toEqual(["a", "b", "c"].map((item) => ({ ok: true, value: { item } })));
  });

  it("is not read on once enough tasks have succeeded", async () => {
    const job = sourced(({ task }) => ({ items: [task.index], cursor: task.index + 1 }));
    const outcome = await job.run({ action: "probe", ...from(), succeedAfter: 3 });
    expect(outcome.status).toBe("SUCCEEDED");
    expect(outcome.taskCounts.SUCCEEDED).toBeGreaterThanOrEqual(3);
  });

  it("is joined by appends if its job is open, which ends when both are over", async () => {
    const job = sourced(pagesOf([["a"], ["b"]]));
    await job.submit({ action: "echo", ...from(), open: true });
    await job.append({ fanout: { foreach: { items: ["c"] } } });
    await eventually(async () => expect((await job.status()).stages[0]!.counts.succeeded).toBe(3));
    expect(await job.status()).toMatchObject({ status: "RUNNING", sealed: false });
    expect((await job.why()).blockers).toMatchObject([{ kind: "unsealed" }]);
    await job.seal();
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 3 } });
  });

  it("takes no appends besides if its job is not open, and to seal it changes nothing", async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const job = sourced(async () => {
      await held;
      return { items: ["a"], cursor: null };
    });
    await job.submit({ action: "echo", ...from() });
    const append = fanfold.post(job.path("append"), { fanout: { tasks: 1 } });
    expect(await refused(append)).toMatchObject({ status: 409, code: "JOB_SEALED" });
    expect(await job.seal()).toMatchObject({ status: "RUNNING" });
    release();
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 1 } });
  });

  it("leaves nothing behind when its job is purged", async () => {
    const job = sourced(pagesOf([["a"], ["b"], []]));
    await job.run({ action: "echo", ...from({ payload: { long: "x".repeat(2_000) } }) });
    const keys = () =>
      fanfold.admin.query(
        `select service_name, service_key, key from state
         where service_key = '${job.id}' or service_key like '${job.id}/%'`,
      );
    const pages = (await keys()).filter(({ service_key: key }) => String(key).includes("/-1/"));
    expect(pages).not.toEqual([]);
    await job.purge();
    await eventually(async () => expect(await keys()).toEqual([]));
  });
});

// --- internal ---

/** A job whose source answers so. */
function sourced(answer: (asked: Asked) => unknown): JobClient {
  const job = fanfold.job();
  sources.set(job.id, answer);
  return job;
}

/** A source that has these pages; cursors are their numbers. */
function pagesOf(pages: readonly (readonly unknown[])[]) {
  return ({ cursor }: Asked) => {
    const page = Number(cursor ?? 0);
    return { items: pages[page], cursor: page + 1 < pages.length ? String(page + 1) : null };
  };
}

function from(options: { as?: string; payload?: JsonObject } = {}): Pick<JobRequest, "fanout"> {
  return { fanout: { from: { action: "list", ...options } } };
}

const pagesAsked = ({ id }: JobClient) => asked.filter(({ jobId }) => jobId === id);

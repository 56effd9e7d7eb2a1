import { describe, expect, it } from "vitest";
import { action, emit, TerminalError } from "../../services/actions.ts";
import type { Stage } from "../../services/contract/index.ts";
import { eventually } from "../support/eventually.ts";
import type { JobClient } from "../support/job-client.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

/** What a task does; `later`: once the test has opened its stage, `hold`: nothing until it is stopped. */
type Deed = "succeed" | "fail" | "succeed later" | "fail later" | "hold";
/** What a task does, and what it gives the next stage to do: the same, something else, or nothing. */
type Item = Deed | { readonly deed: Deed; readonly next: Item | null };

const act = action<{ item: Item }>({
  name: "act",
  run: async ({ input: { item }, jobId, stage, taskId }, { signal }) => {
    const { deed, next } = typeof item === "string" ? { deed: item, next: item } : item;
    if (deed === "hold") await untilStopped(taskId, signal);
    if (deed.endsWith("later")) await gate(jobId, stage).promise;
    if (deed.startsWith("fail")) throw new TerminalError("as asked");
    return next === null ? emit(null, null) : next;
  },
});

const { job } = await startTestFanfold({ actions: [act] });

type Policy = Pick<Stage, "failurePolicy" | "succeedAfter">;
/** How many tasks of a stage ended as SUCCEEDED, FAILED and CANCELLED. */
type Counts = readonly [number, number, number];

const completeAll: Policy = { failurePolicy: "complete-all" };
const bestEffort: Policy = { failurePolicy: "best-effort" };
const allOrNothing: Policy = { failurePolicy: "all-or-nothing" };
const tolerate = (bound: { count?: number; percent?: number }): Policy => ({
  failurePolicy: { tolerate: bound },
});
const finish = (bound: { count?: number; percent?: number }): Policy => ({
  failurePolicy: { tolerate: bound, onExceeded: "finish" },
});
const hold = (times: number): Deed[] => Array.from({ length: times }, () => "hold");

const CASES: [Policy, Deed[], "SUCCEEDED" | "FAILED", Counts][] = [
  [completeAll, ["succeed", "succeed"], "SUCCEEDED", [2, 0, 0]],
  [completeAll, ["fail", "succeed", "succeed"], "FAILED", [2, 1, 0]],
  [bestEffort, ["fail", "fail", "succeed"], "SUCCEEDED", [1, 2, 0]],
  [bestEffort, ["fail", "fail"], "FAILED", [0, 2, 0]],
  [bestEffort, [], "SUCCEEDED", [0, 0, 0]],
  [allOrNothing, ["succeed", "succeed"], "SUCCEEDED", [2, 0, 0]],
  [allOrNothing, ["fail", "hold", "hold"], "FAILED", [0, 1, 2]],
  [tolerate({ count: 0 }), ["hold", "fail"], "FAILED", [0, 1, 1]],
  [tolerate({ count: 1 }), ["fail", "succeed"], "SUCCEEDED", [1, 1, 0]],
  [tolerate({ count: 1 }), ["fail", "fail", "hold"], "FAILED", [0, 2, 1]],
  [tolerate({ percent: 50 }), ["fail", "succeed"], "SUCCEEDED", [1, 1, 0]],
  [tolerate({ percent: 50 }), ["fail", "fail", "hold"], "FAILED", [0, 2, 1]],
  [tolerate({ percent: 0 }), [], "SUCCEEDED", [0, 0, 0]],
  [tolerate({ count: 2, percent: 50 }), ["fail", "succeed"], "SUCCEEDED", [1, 1, 0]],
  [tolerate({ count: 2, percent: 50 }), ["fail", "fail", "hold"], "FAILED", [0, 2, 1]],
  [tolerate({ count: 1, percent: 50 }), ["fail", "fail", ...hold(7)], "FAILED", [0, 2, 7]],
  [finish({ count: 1 }), ["fail", "fail", "succeed"], "FAILED", [1, 2, 0]],
  [finish({ count: 2 }), ["fail", "fail", "succeed"], "SUCCEEDED", [1, 2, 0]],
  [finish({ percent: 50 }), ["fail", "fail", "succeed"], "FAILED", [1, 2, 0]],
  [{ succeedAfter: 1 }, ["fail", "succeed", "hold", "hold"], "SUCCEEDED", [1, 1, 2]],
  [{ succeedAfter: 2 }, ["fail", "fail", "hold"], "FAILED", [0, 2, 1]],
  [{ succeedAfter: 3 }, ["hold", "hold"], "FAILED", [0, 0, 2]],
  [{ succeedAfter: 1 }, [], "FAILED", [0, 0, 0]],
];

describe("a job's policy", () => {
  it.each(CASES)("%j ends %j as %s: %j", async (policy, items, status, counts) => {
    const one = job();
    const outcome = await one.run({ ...tasks(items), ...policy });
    expect(outcome.status).toBe(status);
    expect(outcome.reason).toBe(reasonOf(policy, status, counts));
    await expectEnded(one, counts);
  });
});

describe("a stage's policy beats the job's", () => {
  it.each(CASES)("%j ends %j as %s: %j", async (policy, items, status, counts) => {
    const one = job();
    const outcome = await one.run({
      actionChain: [{ action: "act", succeedAfter: null, ...policy }],
      fanout: fanoutOf(items),
      failurePolicy: status === "SUCCEEDED" ? "all-or-nothing" : "best-effort",
      succeedAfter: 1_000,
    });
    expect(outcome.status).toBe(status);
    expect(outcome.reason).toBe(reasonOf(policy, status, counts));
    await expectEnded(one, counts);
  });
});

describe("a stage that stops early", () => {
  it.each([
    ["race", { succeedAfter: 1 }, "succeed"],
    ["all-or-nothing", allOrNothing, "fail"],
    ["tolerance", tolerate({ count: 0 }), "fail"],
  ] as const)("by %s does not wait for a beat of its chunks", async (_, policy, decisive) => {
    const one = job();
    const { tookMs } = await one.run({ ...tasks([decisive, ...hold(5)]), ...policy });
    expect(tookMs).toBeLessThan(isReplayed ? 5_000 : 1_000);
  });

  it("cancels what was not started, and keeps its input", async () => {
    const one = job();
    const items: Item[] = ["fail", ...hold(5_000)];
    await one.run({ ...tasks(items), ...allOrNothing, limits: { concurrency: 4 }, fold: "none" });
    await expectEnded(one, [0, 1, 5_000]);
    const unstarted = (await one.allResults()).filter(({ attempts }) => attempts === 0);
    expect(unstarted.length).toBeGreaterThan(4_900);
    for (const outcome of unstarted) {
      expect(outcome).toMatchObject({
        status: "CANCELLED",
        input: { item: "hold" },
        startedAt: null,
        durationMs: null,
      });
    }
  });

  it("needs no seal to have succeeded", async () => {
    const one = job();
    await one.submit({ ...tasks(["hold", "succeed later"]), open: true, succeedAfter: 1 });
    gate(one.id, 0).resolve();
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
    await expectEnded(one, [1, 0, 1]);
    await expect(one.append({ fanout: { tasks: 1 } })).rejects.toThrow("JOB_ENDED");
  });

  it.each([
    ["percent", tolerate({ percent: 50 }), ["fail", "fail", "hold"], [0, 2, 1]],
    ["quorum", { succeedAfter: 2 }, ["fail", "fail", "hold"], [0, 2, 1]],
  ] as const)("by %s does so only once it is sealed", async (_, policy, items, counts) => {
    const one = job();
    await one.submit({ ...tasks(items), ...policy, open: true });
    await eventually(async () => expect((await one.status()).stages[0]!.counts.failed).toBe(2));
    expect(await one.status()).toMatchObject({ status: "RUNNING", sealed: false });
    await one.seal();
    expect(await one.outcome()).toMatchObject({ status: "FAILED" });
    await expectEnded(one, counts);
  });
});

describe("of several stages", () => {
  it("one that stops as failed cancels everything unfinished behind it", async () => {
    const one = job();
    const items: Item[] = [
      { deed: "succeed", next: "succeed" },
      { deed: "succeed", next: "hold" },
      { deed: "fail later", next: null },
      "hold",
    ];
    await one.submit({ ...tasks(items), nextActions: ["act"], ...allOrNothing });
    await runs(one, 1, { succeeded: 1, running: 1 });
    gate(one.id, 0).resolve();
    expect(await one.outcome()).toMatchObject({
      status: "FAILED",
      reason: '1 of 4 tasks of "act" failed',
      stages: [{ status: "FAILED" }, { status: "CANCELLED" }],
    });
    await expectEnded(one, [2, 1, 1], [1, 0, 1]);
  });

  it("one that stops as failed cancels everything unfinished before it, too", async () => {
    const one = job();
    const items: Item[] = [
      { deed: "succeed", next: { deed: "succeed", next: "hold" } },
      { deed: "succeed", next: { deed: "fail later", next: null } },
      "hold",
    ];
    const nextActions = [{ action: "act", ...allOrNothing }, "act"];
    await one.submit({ ...tasks(items), nextActions });
    await runs(one, 2, { running: 1 });
    gate(one.id, 1).resolve();
    expect(await one.outcome()).toMatchObject({
      status: "FAILED",
      reason: '1 of 2 tasks of "act" failed',
      stages: [{ status: "CANCELLED" }, { status: "FAILED" }, { status: "CANCELLED" }],
    });
    await expectEnded(one, [2, 0, 1], [1, 1, 0], [0, 0, 1]);
  });

  it.each([
    ["complete-all", completeAll],
    ["a tolerance to its end", finish({ count: 0 })],
  ])("one that merely ends as failed, by %s, stops nothing", async (_, policy) => {
    const one = job();
    const items: Item[] = [{ deed: "succeed", next: "succeed later" }, "fail"];
    const actionChain = [{ action: "act", ...policy }, "act"];
    await one.submit({ actionChain, fanout: fanoutOf(items) });
    await eventually(async () => expect((await one.status()).stages[0]!.status).toBe("FAILED"));
    expect(await one.status()).toMatchObject({ status: "RUNNING", stages: [{}, { sealed: true }] });
    gate(one.id, 1).resolve();
    expect(await one.outcome()).toMatchObject({
      status: "FAILED",
      reason: '1 of 2 tasks of "act" failed',
      stages: [{ status: "FAILED" }, { status: "SUCCEEDED" }],
    });
    await expectEnded(one, [1, 1, 0], [1, 0, 0]);
  });

  it("a race feeds the next one with what succeeded", async () => {
    const one = job();
    const items: Item[] = ["hold", { deed: "succeed", next: "succeed" }, "hold", "fail"];
    const actionChain = [{ action: "act", succeedAfter: 1 }, "act"];
    const outcome = await one.run({ actionChain, fanout: fanoutOf(items) });
    expect(outcome).toMatchObject({
      status: "SUCCEEDED",
      stages: [{ status: "SUCCEEDED" }, { status: "SUCCEEDED" }],
    });
    expect(outcome).not.toHaveProperty("reason");
    await expectEnded(one, [1, 1, 2], [1, 0, 0]);
    expect(await one.allResults({ stage: 1 })).toMatchObject([
      { parent: `${one.id}/0/1`, origin: 1, result: "succeed" },
    ]);
  });

  it.each([
    ["a quorum out of reach", { succeedAfter: 2 }, "hold", [0, 0, 1]],
    ["more failures than tolerated", tolerate({ percent: 0 }), "fail", [0, 1, 1]],
  ] as const)(
    "the end of one lets %s stop the next one at once",
    async (_, policy, other, counts) => {
      const one = job();
      const items: Item[] = [
        { deed: "succeed", next: "hold" },
        { deed: "succeed", next: other === "hold" ? null : other },
        { deed: "succeed later", next: null },
      ];
      await one.submit({ ...tasks(items), nextActions: [{ action: "act", ...policy }] });
      await runs(one, 1, { running: 1, failed: counts[1] });
      expect(await one.status()).toMatchObject({ status: "RUNNING" });
      gate(one.id, 0).resolve();
      expect(await one.outcome()).toMatchObject({
        status: "FAILED",
        stages: [{ status: "SUCCEEDED" }, { status: "FAILED" }],
      });
      await expectEnded(one, [3, 0, 0], counts);
    },
  );

  it("the last may have enough while the first goes on: what comes later is cancelled", async () => {
    const one = job();
    const items: Item[] = [
      { deed: "succeed", next: "succeed" },
      { deed: "succeed later", next: "hold" },
      { deed: "succeed later", next: "hold" },
    ];
    await one.submit({ ...tasks(items), nextActions: [{ action: "act", succeedAfter: 1 }] });
    await runs(one, 1, { succeeded: 1 });
    await eventually(async () => expect(await one.status()).toMatchObject({ stopping: true }));
    gate(one.id, 0).resolve();
    expect(await one.outcome()).toMatchObject({
      status: "SUCCEEDED",
      stages: [{ status: "SUCCEEDED" }, { status: "SUCCEEDED" }],
    });
    await expectEnded(one, [3, 0, 0], [1, 0, 2]);
  });
});

// --- internal ---

const gates = new Map<string, PromiseWithResolvers<void>>();
/** Why tasks that hold were stopped. */
const stopped = new Map<string, string>();

function gate(jobId: string, stage: number): PromiseWithResolvers<void> {
  const key = `${jobId}/${stage}`;
  const known = gates.get(key) ?? Promise.withResolvers<void>();
  gates.set(key, known);
  return known;
}

function untilStopped(taskId: string, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      const reason = signal.reason as Error;
      stopped.set(taskId, reason.message);
      reject(reason);
    });
  });
}

const fanoutOf = (items: readonly Item[]) => ({ foreach: { items: [...items] } });
const tasks = (items: readonly Item[]) => ({ action: "act", fanout: fanoutOf(items) });

/** Waits until a stage's counts are these. */
async function runs(
  one: JobClient,
  stage: number,
  counts: { running?: number; succeeded?: number; failed?: number },
): Promise<void> {
  await eventually(async () => {
    expect((await one.status()).stages[stage]!.counts).toMatchObject(counts);
  });
}

function reasonOf(
  { succeedAfter }: Policy,
  status: "SUCCEEDED" | "FAILED",
  [succeeded, failed, cancelled]: Counts,
): string | undefined {
  if (status === "SUCCEEDED") return undefined;
  const total = succeeded + failed + cancelled;
  return succeedAfter === undefined
    ? `${failed} of ${total} tasks of "act" failed`
    : `${succeeded} of ${total} tasks of "act" succeeded, ${succeedAfter} must`;
}

/** Right after the end the outcome, its results and `verify` agree, and what ran and was cancelled was told why. */
async function expectEnded(one: JobClient, ...stages: readonly Counts[]): Promise<void> {
  const outcome = await one.outcome();
  for (const [stage, [succeeded, failed, cancelled]] of stages.entries()) {
    const counts = { SUCCEEDED: succeeded, FAILED: failed, CANCELLED: cancelled };
    const total = succeeded + failed + cancelled;
    expect(outcome.stages[stage]!.taskCounts).toEqual({ total, ...counts });
    const results = await one.allResults({ stage });
    expect(results.map(({ index }) => index)).toEqual(results.map((_, at) => at));
    for (const status of ["SUCCEEDED", "FAILED", "CANCELLED"] as const) {
      expect(results.filter((result) => result.status === status)).toHaveLength(counts[status]);
    }
    for (const { taskId, status, attempts, error } of results) {
      if (status !== "CANCELLED") continue;
      expect(error?.code).toBe("CANCELLED");
      if (attempts > 0 && !isReplayed) expect(stopped.get(taskId)).toBe(error?.message);
    }
  }
  const checked = stages.flat().reduce((sum, count) => sum + count, 0);
  expect(await one.verify()).toEqual({ ok: true, differences: [], checked, inFlight: 0 });
}

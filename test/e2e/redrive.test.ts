import { describe, expect, it } from "vitest";
import { action, emit, fold, TerminalError } from "../../services/actions.ts";
import { probe } from "../../services/samples/probe.ts";
import { gated, refuse } from "../support/actions.ts";
import { eventually } from "../support/eventually.ts";
import { refused } from "../support/http.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

/** Fails in its first generation where the index is odd. */
const oddLater = action({
  name: "odd_later",
  run: ({ index, generation }) => {
    runs.push(`${generation}/${index}`);
    if (index % 2 === 1 && generation === 1) throw new TerminalError("not yet");
    return emit({ index, generation }, { foreach: { items: [index] } });
  },
});
const runs: string[] = [];
const gate = gated();

const broken = { is: false };
const sum = fold<number>({
  name: "sum",
  init: 0,
  step: (acc, { index }) => {
    if (broken.is) throw new Error("broken");
    return acc + index;
  },
});
const held = { is: true, until: Promise.withResolvers<void>() };
const patientSum = fold<number>({
  name: "patient_sum",
  init: 0,
  step: async (acc, { index }) => {
    if (held.is) await held.until.promise;
    return acc + index;
  },
});
const statuses = fold({
  name: "statuses",
  init: { SUCCEEDED: 0, FAILED: 0, CANCELLED: 0 },
  step: (acc, { status }) => ({ ...acc, [status]: acc[status] + 1 }),
});

const { job: newJob, post } = await startTestFanfold({
  actions: [oddLater, gate, refuse, probe, sum, patientSum, statuses],
});

describe("redrive", () => {
  it("runs failed tasks again, and no other, one generation later", async () => {
    const job = newJob();
    runs.length = 0;
    const before = await job.run({
      action: "odd_later",
      payload: { of: "all" },
      fanout: { range: { start: 100, stop: 139 } },
    });
    expect(before).toMatchObject({ status: "FAILED", generation: 1, taskCounts: { FAILED: 20 } });
    expect(before.reason).toBe('20 of 40 tasks of "odd_later" failed');
    expect(await job.redrive({ only: "failed" })).toMatchObject({ generation: 2 });
    const after = await job.outcome();
    expect(after).toMatchObject({ status: "SUCCEEDED", generation: 2 });
    expect(after.taskCounts).toEqual({ total: 40, SUCCEEDED: 40, FAILED: 0, CANCELLED: 0 });
    expect(after).not.toHaveProperty("reason");
    const again = new Set(runs.filter((run) => run.startsWith("2/")));
    expect(again).toEqual(new Set(Array.from({ length: 20 }, (_, at) => `2/${2 * at + 1}`)));
    const outcomes = await job.allResults();
    expect(outcomes.map(({ index, generation }) => [index, generation])).toEqual(
      Array.from({ length: 40 }, (_, at) => [at, at % 2 === 1 ? 2 : 1]),
    );
    expect(after.result).toEqual(outcomes.map(({ result }) => ({ ok: true, value: result })));
    expect(await job.verify()).toEqual({ ok: true, differences: [], checked: 40, inFlight: 0 });
  });

  it("feeds the next stage with what redriven tasks pass on, which fans in once more", async () => {
    const job = newJob();
    const request = { action: "odd_later", fanout: { tasks: 10 }, nextActions: ["probe"] };
    const before = await job.run(request);
    expect(before.stages.map(({ taskCounts }) => taskCounts.total)).toEqual([10, 5]);
    await job.redrive({ only: "failed" });
    const after = await job.outcome();
    expect(after).toMatchObject({ status: "SUCCEEDED", generation: 2 });
    expect(after.stages.map(({ taskCounts }) => taskCounts.SUCCEEDED)).toEqual([10, 10]);
    const items = (await job.allResults({ stage: 1 })).map(({ result }) => result);
    expect(items.map((result) => (result as { item: number }).item).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, at) => at),
    );
    expect(await job.verify()).toMatchObject({ ok: true });
  });

  it("takes up a cancelled job where it was", async () => {
    const job = newJob();
    await job.submit({
      action: "gated",
      payload: { gate: job.id },
      fanout: { tasks: 50_000 },
      limits: { concurrency: 4 },
      cancelGrace: "50ms",
      fold: "count",
    });
    await eventually(async () => expect((await job.status()).stages[0]!.counts.running).toBe(4));
    await job.cancel({ reason: "later" });
    expect(await job.outcome()).toMatchObject({ taskCounts: { CANCELLED: 50_000 } });
    gate.open(job.id);
    await job.redrive({ only: [3, 7, 40_000] });
    const some = await job.outcome();
    expect(some.taskCounts).toMatchObject({ SUCCEEDED: 3, CANCELLED: 49_997 });
    const succeeded = await job.allResults({ status: "SUCCEEDED" });
    expect(succeeded.map(({ index }) => index)).toEqual([3, 7, 40_000]);
    await job.redrive({ only: "unsucceeded" });
    const all = await job.outcome();
    expect(all).toMatchObject({ status: "SUCCEEDED", generation: 3, result: 50_000 });
    expect(await job.verify()).toMatchObject({ ok: true, checked: 50_000 });
  });

  it("is refused where it has nothing to do", async () => {
    const job = newJob();
    await job.run({ action: "probe", fanout: { tasks: 5 }, nextActions: ["probe"] });
    const codeOf = async (body: unknown) => (await refused(post(job.path("redrive"), body))).code;
    expect(await codeOf({ only: "failed" })).toBe("NOTHING_TO_REDRIVE");
    expect(await codeOf({ only: "unsucceeded" })).toBe("NOTHING_TO_REDRIVE");
    expect(await codeOf({ only: [1], stage: 1 })).toBe("TASK_SUCCEEDED");
    expect(await codeOf({ only: [1] })).toBe("INVALID_REQUEST");
    expect(await codeOf({ only: [99], stage: 0 })).toBe("INVALID_REQUEST");
    expect(await codeOf({ only: [] })).toBe("INVALID_REQUEST");
    expect(await job.status()).toMatchObject({ generation: 1, status: "SUCCEEDED" });
  });

  it("is refused while the job runs", async () => {
    const job = newJob();
    await job.submit({ action: "probe", open: true });
    const refusal = await refused(post(job.path("redrive"), { only: "failed" }));
    expect(refusal.code).toBe("JOB_RUNNING");
    await job.cancel();
    await job.outcome();
  });

  it("keeps outcomes that a stop leaves no time to replace", async () => {
    const job = newJob();
    await job.run({ action: "refuse", fanout: { tasks: 2_000 }, limits: { concurrency: 50 } });
    await job.redrive({ only: "failed" });
    await job.cancel();
    const { taskCounts } = await job.outcome();
    expect(taskCounts).toMatchObject({ total: 2_000, SUCCEEDED: 0 });
    expect(await job.allResults()).toHaveLength(2_000);
    expect(await job.verify()).toMatchObject({ ok: true });
  });
});

describe("a fold", () => {
  it("that failed is redriven alone: no task runs again", async () => {
    const job = newJob();
    broken.is = true;
    const before = await job.run({
      action: "probe",
      fanout: { tasks: 30 },
      fold: { action: "sum" },
    });
    expect(before).toMatchObject({ status: "FAILED", taskCounts: { SUCCEEDED: 30 } });
    expect(before.reason).toContain('the fold "sum" failed');
    broken.is = false;
    await job.redrive({ only: "fold" });
    expect(await job.outcome()).toMatchObject({
      status: "SUCCEEDED",
      generation: 2,
      result: (29 * 30) / 2,
    });
    expect((await job.allResults()).every(({ generation }) => generation === 1)).toBe(true);
    expect(await refused(post(job.path("redrive"), { only: "fold" }))).toMatchObject({
      code: "NOTHING_TO_REDRIVE",
    });
  });

  it("that a cancel has cut short is made up for", async () => {
    const job = newJob();
    const fold = { action: "patient_sum" };
    await job.submit({ action: "probe", fanout: { tasks: 10 }, fold });
    await eventually(async () =>
      expect((await job.why()).blockers).toMatchObject([{ kind: "fold", stage: 0 }]),
    );
    await job.cancel();
    expect(await job.outcome()).toMatchObject({
      status: "CANCELLED",
      taskCounts: { SUCCEEDED: 10 },
    });
    held.is = false;
    held.until.resolve();
    await job.redrive({ only: "fold" });
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED", generation: 2, result: 45 });
    expect((await job.allResults()).every(({ generation }) => generation === 1)).toBe(true);
    expect(await job.verify()).toMatchObject({ ok: true, checked: 10 });
  });

  it("of a race sees those that were cancelled, too", async () => {
    const job = newJob();
    await job.submit({
      action: "gated",
      fanout: {
        foreach: { as: "gate", items: Array.from({ length: 3_000 }, (_, at) => `${job.id} ${at}`) },
      },
      limits: { concurrency: 10 },
      succeedAfter: 1,
      cancelGrace: "50ms",
      fold: { action: "statuses" },
    });
    await eventually(async () => expect((await job.status()).stages[0]!.counts.running).toBe(10));
    gate.open(`${job.id} 4`);
    const outcome = await job.outcome();
    expect(outcome).toMatchObject({ status: "SUCCEEDED" });
    const { SUCCEEDED, CANCELLED } = outcome.taskCounts;
    expect(outcome.result).toEqual({ SUCCEEDED, FAILED: 0, CANCELLED });
    expect(SUCCEEDED + CANCELLED).toBe(3_000);
  });
});

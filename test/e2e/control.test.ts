import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { action } from "../../services/actions.ts";
import { probe } from "../../services/samples/probe.ts";
import { gated, nap } from "../support/actions.ts";
import { eventually } from "../support/eventually.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

const gate = gated();

/** Runs until it is told to stop, and says so. */
const untilStopped = action<{ item: number }, number>({
  name: "until_stopped",
  run: async ({ input }, { signal }) => {
    await sleep(60_000, undefined, { signal });
    return input.item;
  },
});

/** Does not look at its signal. */
const deaf = action({ name: "deaf", run: () => sleep(60_000) });

const fanfold = await startTestFanfold({ actions: [gate, nap, probe, untilStopped, deaf] });

describe("cancel", () => {
  it("ends a job whose tasks run, wait and are yet to come, with a reason", async () => {
    const job = fanfold.job();
    await job.submit({
      action: "until_stopped",
      fanout: { range: { start: 0, stop: 99_999 } },
      limits: { concurrency: 5 },
      nextActions: ["probe"],
    });
    await eventually(async () => expect((await job.status()).stages[0]!.counts.running).toBe(5));
    const answer = await job.cancel({ reason: "not today" });
    expect(answer).toMatchObject({ jobId: job.id, generation: 1 });
    const outcome = await job.outcome();
    expect(outcome).toMatchObject({ status: "CANCELLED", reason: "not today" });
    expect(outcome.taskCounts).toEqual({
      total: 100_000,
      SUCCEEDED: 0,
      FAILED: 0,
      CANCELLED: 100_000,
    });
    expect(outcome.stages.map(({ status }) => status)).toEqual(["CANCELLED", "CANCELLED"]);
    expect(await job.verify()).toMatchObject({ ok: true, checked: 100_000 });
  });

  it("keeps what had succeeded readable, and shows every other task as cancelled with its input", async () => {
    const job = fanfold.job();
    const [passed, held] = [`${job.id} passed`, `${job.id} held`];
    gate.open(passed);
    const items = Array.from({ length: 300 }, (_, at) => (at % 3 === 0 ? passed : held));
    await job.submit({
      action: "gated",
      payload: { of: "all" },
      fanout: { foreach: { as: "gate", items } },
      limits: { concurrency: 60 },
      cancelGrace: "50ms",
      fold: "count",
    });
    await eventually(async () => {
      expect((await job.status()).stages[0]!.counts.succeeded).toBeGreaterThan(20);
    });
    await job.cancel();
    const { taskCounts } = await job.outcome();
    const outcomes = await job.allResults({ limit: 70 });
    expect(outcomes.map(({ index }) => index)).toEqual(items.map((_, at) => at));
    const ended = (status: string) => outcomes.filter((outcome) => outcome.status === status);
    expect(ended("SUCCEEDED")).toHaveLength(taskCounts.SUCCEEDED);
    expect(ended("CANCELLED")).toHaveLength(taskCounts.CANCELLED);
    expect(taskCounts.CANCELLED).toBeGreaterThanOrEqual(200);
    for (const { index, error, input } of ended("CANCELLED")) {
      expect(error).toMatchObject({ code: "CANCELLED", message: "cancelled" });
      expect(input).toEqual({ of: "all", gate: items[index] });
    }
    expect(await job.allResults({ status: "CANCELLED" })).toEqual(ended("CANCELLED"));
    expect(await job.allResults({ status: "FAILED" })).toEqual([]);
  });

  it("shows all that was appended bit by bit and never started", async () => {
    const job = fanfold.job();
    await job.submit({ action: "probe", open: true });
    await job.pause();
    for (let first = 0; first < 300; first += 2) {
      await job.append({ fanout: { foreach: { items: [first, first + 1] } } });
    }
    await job.cancel();
    expect(await job.outcome()).toMatchObject({ taskCounts: { total: 300, CANCELLED: 300 } });
    const inputs = (await job.allResults({ limit: 70 })).map(({ input }) => input);
    expect(inputs).toEqual(Array.from({ length: 300 }, (_, item) => ({ item })));
    expect(await job.verify()).toMatchObject({ ok: true, checked: 300 });
  });

  it("lets nothing more start in a chunk that has just begun", async () => {
    const job = fanfold.job();
    const range = { start: 1, stop: 40 };
    const limits = { concurrency: 4 };
    await job.submit({ action: "nap", payload: { ms: 900 }, fanout: { range }, limits });
    await eventually(async () => expect((await job.status()).stages[0]!.counts.running).toBe(4));
    await job.cancel();
    await job.outcome();
    const started = (await job.allResults()).filter(({ attempts }) => attempts > 0);
    expect(started.length).toBeLessThanOrEqual(4);
  });

  it("is not held up by code that ignores its signal", async () => {
    const job = fanfold.job();
    const request = { action: "deaf", fanout: { tasks: 3 }, cancelGrace: "300ms" } as const;
    await job.submit(request);
    await eventually(async () => expect((await job.status()).stages[0]!.counts.running).toBe(3));
    await job.cancel();
    expect(await job.outcome({ wait: "10s" })).toMatchObject({
      status: "CANCELLED",
      taskCounts: { CANCELLED: 3 },
    });
  });

  it("is idempotent: the first reason stays", async () => {
    const job = fanfold.job();
    await job.submit({ action: "until_stopped", fanout: { tasks: 1 } });
    await job.cancel({ reason: "first" });
    await job.cancel({ reason: "second" });
    expect(await job.outcome()).toMatchObject({ reason: "first" });
    expect(await job.cancel({ reason: "third" })).toMatchObject({ status: "CANCELLED" });
    expect(await job.outcome()).toMatchObject({ reason: "first" });
  });

  it("says why it is not over yet", async () => {
    const job = fanfold.job();
    await job.submit({ action: "deaf", fanout: { tasks: 1 }, cancelGrace: "3s" });
    await eventually(async () => expect((await job.status()).stages[0]!.counts.running).toBe(1));
    await job.cancel({ reason: "enough" });
    expect(await job.status()).toMatchObject({ status: "RUNNING", stopping: true });
    expect((await job.why()).blockers.map(({ kind }) => kind)).toContain("stopping");
    await job.outcome();
    expect((await job.why()).blockers).toEqual([]);
  });
});

describe("pause and resume", () => {
  it("starts nothing in between, and loses nothing", async () => {
    const job = fanfold.job();
    await job.submit({
      action: "gated",
      payload: { gate: job.id },
      fanout: { tasks: 500 },
      limits: { concurrency: 5 },
    });
    // A chunk hears of it once it has reported, after a second.
    await sleep(1_500);
    expect(await job.pause()).toMatchObject({ status: "PAUSED" });
    expect(await job.pause()).toMatchObject({ status: "PAUSED" });
    // A runner that was asked to suspend hears of it at its next beat.
    if (isReplayed) await sleep(2_500);
    gate.open(job.id);
    // Of the five some were begun anew, if every suspension is replayed: those went back.
    const paused = isReplayed ? { running: 0 } : { pending: 495, running: 0, succeeded: 5 };
    await eventually(async () => {
      expect(await job.status()).toMatchObject({ status: "PAUSED", stages: [{ counts: paused }] });
    });
    await sleep(1_500);
    expect(await job.status()).toMatchObject({ status: "PAUSED", stages: [{ counts: paused }] });
    expect((await job.why()).blockers.map(({ kind }) => kind)).toEqual(["paused", "pending"]);
    expect(await job.resume()).toMatchObject({ status: "RUNNING" });
    expect(await job.outcome()).toMatchObject({
      status: "SUCCEEDED",
      taskCounts: { SUCCEEDED: 500 },
    });
    expect(await job.verify()).toMatchObject({ ok: true });
  });

  it("takes appends while paused, fans in after resume, and is cancelled while paused", async () => {
    const job = fanfold.job();
    await job.submit({ action: "probe", open: true });
    await job.pause();
    await job.append({ fanout: { tasks: 2 } });
    await job.seal();
    expect(await job.status()).toMatchObject({ status: "PAUSED" });
    await job.resume();
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED" });

    const other = fanfold.job();
    await other.submit({ action: "probe", open: true });
    await other.pause();
    await other.append({ fanout: { tasks: 2 } });
    await other.cancel();
    expect(await other.outcome()).toMatchObject({ status: "CANCELLED" });
  });

  it("holds retries back too", async () => {
    const job = fanfold.job();
    await job.submit({
      action: "probe",
      payload: { failAttempts: 1 },
      fanout: { tasks: 1 },
      retry: { initialInterval: "4s", jitter: false },
    });
    await eventually(async () => expect((await job.status()).stages[0]!.counts.retrying).toBe(1));
    await job.pause();
    await sleep(4_500);
    expect(await job.status()).toMatchObject({ stages: [{ counts: { retrying: 1 } }] });
    await job.resume();
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED" });
  });
});

describe("setLimits", () => {
  it("raises the concurrency of a job that runs", async () => {
    const job = fanfold.job();
    await job.submit({
      action: "gated",
      payload: { gate: job.id },
      fanout: { tasks: 40 },
      limits: { concurrency: 2 },
    });
    await eventually(async () => expect((await job.status()).stages[0]!.counts.running).toBe(2));
    await job.setLimits({ concurrency: 30 });
    await eventually(async () => expect((await job.status()).stages[0]!.counts.running).toBe(30));
    expect(await job.status()).toMatchObject({ stages: [{ concurrency: 30 }] });
    gate.open(job.id);
    expect(await job.outcome()).toMatchObject({ taskCounts: { SUCCEEDED: 40 } });
  });

  it("lowers it for what starts later", async () => {
    const job = fanfold.job();
    await job.submit({
      action: "nap",
      payload: { ms: 300 },
      fanout: { tasks: 60 },
      limits: { concurrency: 20 },
    });
    await eventually(async () => expect((await job.status()).stages[0]!.counts.running).toBe(20));
    await job.setLimits({ stage: 0, concurrency: 3 });
    await sleep(2_000);
    expect((await job.status()).stages[0]!.counts.running).toBeLessThanOrEqual(3);
    expect(await job.outcome()).toMatchObject({ taskCounts: { SUCCEEDED: 60 } });
  });
});

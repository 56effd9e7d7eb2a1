import { setTimeout as sleep } from "node:timers/promises";
import * as restate from "@restatedev/restate-sdk";
import { TerminalError, type Context } from "@restatedev/restate-sdk";
import { describe, expect, it } from "vitest";
import { action, RetryableError } from "../../services/actions.ts";
import type { Retry } from "../../services/contract/job-request.ts";
import { waitForEvent } from "../../services/index.ts";
import { echo, gated, nap } from "../support/actions.ts";
import { eventually } from "../support/eventually.ts";
import { accepted } from "../support/http.ts";
import type { JobClient } from "../support/job-client.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

const gate = gated();

/** When each attempt of each task started, by job. */
const started = new Map<string, Map<string, number>>();
/** Fails its first attempts, and asks for a pause of `retryAfter` if that is given. */
const flaky = action<{ fails: number; retryAfter?: string }>({
  name: "flaky",
  run: ({ input: { fails, retryAfter }, jobId, index, attempt }) => {
    const times = started.get(jobId) ?? new Map<string, number>();
    started.set(jobId, times.set(`${index}/${attempt}`, Date.now()));
    if (attempt > fails) return attempt;
    throw new RetryableError("not yet", retryAfter ? { retryAfter } : {});
  },
});

/** Waits for an event of a job; answers the code of the refusal. */
const waiting = restate.service({
  name: "Waiting",
  handlers: {
    caught: async (ctx: Context, { jobId, name }: { jobId: string; name: string }) => {
      try {
        return await waitForEvent(ctx, jobId, name);
      } catch (error) {
        if (error instanceof TerminalError) return error.metadata?.["code"];
        throw error;
      }
    },
  },
});

const { job, post, admin } = await startTestFanfold({
  actions: [echo, gate, nap, flaky],
  services: [waiting],
});

/** Takes longer than any test, and stops when it is told to. */
const long = { action: "nap", payload: { ms: 120_000 } };
const open = { action: "echo", open: true };
const BILLION = 1_000_000_000;

describe("a deadline", () => {
  it("fails the job, stops what runs, cancels what waits and keeps what succeeded", async () => {
    const one = job();
    await one.submit({
      action: "nap",
      fanout: {
        foreach: { as: "ms", items: [1, 1, ...Array.from({ length: 98 }, () => 120_000)] },
      },
      limits: { concurrency: 10 },
      nextActions: ["echo"],
      deadline: "1500ms",
    });
    const outcome = await one.outcome();
    expect(outcome).toMatchObject({
      status: "FAILED",
      reason: "deadline exceeded",
      stages: [
        { status: "CANCELLED", taskCounts: { total: 100, SUCCEEDED: 2, CANCELLED: 98 } },
        { status: "CANCELLED", taskCounts: { total: 2, SUCCEEDED: 2 } },
      ],
    });
    expect(outcome.tookMs).toBeGreaterThanOrEqual(1_500);
    expect(outcome.tookMs).toBeLessThan(6_000);
    const cancelled = await one.allResults({ stage: 0, status: "CANCELLED" });
    expect(cancelled).toHaveLength(98);
    for (const { error } of cancelled) expect(error?.message).toBe("deadline exceeded");
    expect(await one.verify()).toMatchObject({ ok: true, checked: 102, inFlight: 0 });
    await leavesNothing(one);
  });

  it("is counted from the start, and holds while the job is paused", async () => {
    const one = job();
    const submittedAt = Date.now();
    await one.submit({ ...long, fanout: { tasks: 3 }, delay: "1s", deadline: "1s" });
    await one.pause();
    const outcome = await one.outcome();
    expect(outcome).toMatchObject({ reason: "deadline exceeded", taskCounts: { CANCELLED: 3 } });
    expect(outcome.completedAt - submittedAt).toBeGreaterThanOrEqual(1_950);
    expect(outcome.tookMs).toBeLessThan(isReplayed ? 6_000 : 1_900);
    await leavesNothing(one);
  });

  it("is of no importance to a job that ends before it", async () => {
    const one = job();
    await one.submit({ ...open, deadline: "1h", sealBy: "2h" });
    await eventually(async () => expect(await timersOf(one)).toEqual(["timer", "timer"]));
    await one.seal();
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
    await leavesNothing(one);
  });

  it("that nothing runs at lets go of everybody who waits for an event", async () => {
    const one = job();
    // So much state that what waits is not sent along with the call of the clock.
    await one.submit({ ...open, deadline: "2s", payload: { text: "x".repeat(300_000) } });
    const names = Array.from({ length: 20 }, (_, at) => `event-${at}`);
    const answers = names.map((name) => accepted(post("Waiting/caught", { jobId: one.id, name })));
    await eventually(async () => {
      expect((await one.why()).blockers.at(-1)).toMatchObject({ kind: "event" });
    });
    expect(await one.outcome()).toMatchObject({ reason: "deadline exceeded" });
    expect(await Promise.all(answers)).toEqual(names.map(() => "JOB_ENDED"));
    await leavesNothing(one);
  });
});

describe("a delay", () => {
  it("lets the job wait, be fed and be sealed, and is no part of what it took", async () => {
    const one = job();
    const submittedAt = Date.now();
    await one.submit({ ...open, fanout: { range: { start: 1, stop: 2 } }, delay: "1500ms" });
    const { startedAt, ...status } = await one.status();
    expect(status).toMatchObject({ status: "SCHEDULED", stages: [{ status: "PENDING" }] });
    expect(startedAt - submittedAt).toBeGreaterThanOrEqual(1_500);
    expect((await one.why()).blockers).toMatchObject([
      { kind: "scheduled", startsAt: startedAt },
      { kind: "unsealed" },
      { kind: "pending", count: 2 },
    ]);
    expect(await one.append({ fanout: { tasks: 1 } })).toEqual({ accepted: 1, total: 3 });
    expect(await one.seal()).toMatchObject({ status: "SCHEDULED" });
    const outcome = await one.outcome();
    expect(outcome).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 3 } });
    expect(outcome.startedAt).toBeGreaterThanOrEqual(submittedAt + 1_450);
    expect(outcome.tookMs).toBe(outcome.completedAt - outcome.startedAt);
    expect(outcome.tookMs).toBeLessThan(1_400);
    for (const task of await one.allResults()) {
      expect(task.startedAt).toBeGreaterThanOrEqual(submittedAt + 1_450);
    }
    await leavesNothing(one);
  });

  it("holds an empty job back too", async () => {
    const one = job();
    await one.submit({ action: "echo", fanout: { tasks: 0 }, delay: "1s" });
    expect(await one.status()).toMatchObject({ status: "SCHEDULED" });
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 0 } });
    await leavesNothing(one);
  });

  it("ends with a cancel, at once however many tasks there are", async () => {
    const one = job();
    const fanout = { tasks: BILLION };
    await one.submit({ ...long, fanout, delay: "365d", nextActions: ["echo"] });
    expect(await one.cancel({ reason: "not needed" })).toMatchObject({ status: "CANCELLED" });
    const outcome = await one.outcome();
    expect(outcome).toMatchObject({
      status: "CANCELLED",
      reason: "not needed",
      taskCounts: { total: BILLION, CANCELLED: BILLION },
      tookMs: 0,
      receipt: { taskMs: 0, wallMs: 0, speedup: 0 },
    });
    expect(outcome.startedAt).toBe(outcome.completedAt);
    expect((await one.results({ stage: 0, limit: 1 })).outcomes).toMatchObject([
      { status: "CANCELLED", attempts: 0, input: { ms: 120_000 } },
    ]);
    const failed = await one.results({ stage: 0, status: "FAILED" });
    expect(failed).toEqual({ outcomes: [], cursor: null, complete: true });
    expect(await one.verify()).toMatchObject({ ok: true, checked: BILLION });
    await leavesNothing(one);
    await eventually(async () => expect(await admin.invocations()).toEqual([]));
  });

  it("goes on while the job is paused", async () => {
    const one = job();
    await one.submit({ action: "echo", fanout: { tasks: 2 }, delay: "1s" });
    expect(await one.pause()).toMatchObject({ status: "PAUSED" });
    expect(await one.resume()).toMatchObject({ status: "SCHEDULED" });
    expect(await one.pause()).toMatchObject({ status: "PAUSED" });
    expect((await one.why()).blockers.map(({ kind }) => kind)).toEqual([
      "paused",
      "scheduled",
      "pending",
    ]);
    await eventually(async () => {
      expect((await one.why()).blockers.map(({ kind }) => kind)).toEqual(["paused", "pending"]);
    });
    expect(await one.resume()).toMatchObject({ status: "RUNNING" });
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
    await leavesNothing(one);
  });
});

describe("sealBy", () => {
  it("fails a job that nobody has sealed, and cancels what has not ended", async () => {
    const one = job();
    await one.submit({
      action: "nap",
      fanout: { foreach: { as: "ms", items: [1, 120_000] } },
      open: true,
      sealBy: "1s",
    });
    expect(await one.outcome()).toMatchObject({
      status: "FAILED",
      reason: "seal overdue",
      taskCounts: { SUCCEEDED: 1, CANCELLED: 1 },
    });
    expect(await one.verify()).toMatchObject({ ok: true, checked: 2 });
    await leavesNothing(one);
  });

  it("seals it when that is the policy, and what runs goes on", async () => {
    const one = job();
    const payload = { gate: one.id };
    const request = { action: "gated", payload, open: true, fanout: { tasks: 2 } };
    await one.submit({ ...request, sealBy: "1s", sealPolicy: "seal" });
    await eventually(async () => expect(await one.status()).toMatchObject({ sealed: true }));
    expect(await one.status()).toMatchObject({ status: "RUNNING" });
    await expect(one.append({ fanout: { tasks: 1 } })).rejects.toThrow("JOB_SEALED");
    gate.open(one.id);
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 2 } });
    await leavesNothing(one);
  });

  it("seals an empty job, which has then succeeded, but not before its start", async () => {
    const one = job();
    const submittedAt = Date.now();
    await one.submit({ ...open, delay: "1s", sealBy: "1s", sealPolicy: "seal" });
    const outcome = await one.outcome();
    expect(outcome).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 0 } });
    expect(outcome.completedAt - submittedAt).toBeGreaterThanOrEqual(1_950);
    await leavesNothing(one);
  });

  it.each(["fail", "seal"] as const)("is pushed back by each append: %s", async (sealPolicy) => {
    const one = job();
    await one.submit({ ...open, sealBy: "1500ms", sealPolicy });
    let appendedAt = 0;
    for (let times = 0; times < 4; times += 1) {
      await sleep(600);
      appendedAt = Date.now();
      await one.append({ fanout: { tasks: 1 } });
    }
    const outcome = await one.outcome();
    expect(outcome.taskCounts).toMatchObject({ total: 4, SUCCEEDED: 4 });
    expect(outcome.status).toBe(sealPolicy === "fail" ? "FAILED" : "SUCCEEDED");
    expect(outcome.completedAt - appendedAt).toBeGreaterThanOrEqual(1_450);
    expect(outcome.completedAt - appendedAt).toBeLessThan(isReplayed ? 8_000 : 4_000);
    await leavesNothing(one);
  });

  it("means nothing once the job is sealed", async () => {
    const one = job();
    const payload = { ms: 2_000 };
    await one.submit({ action: "nap", payload, fanout: { tasks: 1 }, open: true, sealBy: "1s" });
    await one.seal();
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
    await leavesNothing(one);
  });
});

describe("retries", () => {
  it("come after intervals that grow up to the longest one", async () => {
    const retry = { initialInterval: "200ms", factor: 3, maxInterval: "700ms", jitter: false };
    const [waits] = await waitsOf({ tasks: 1, fails: 3, retry });
    for (const [at, least] of [200, 600, 700].entries()) {
      expect(waits![at]).toBeGreaterThanOrEqual(least - CLOCK_MS);
      if (!isReplayed) expect(waits![at]).toBeLessThan(least + 500);
    }
  });

  it("with jitter are spread over the upper half of the interval", async () => {
    const all = await waitsOf({ tasks: 60, fails: 1, retry: { initialInterval: "1s" } });
    const waits = all.map(([wait]) => wait!);
    expect(waits).toHaveLength(60);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(500 - CLOCK_MS);
    if (!isReplayed) expect(Math.max(...waits)).toBeLessThan(1_500);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(250);
    expect(Math.min(...waits)).toBeLessThan(700);
  });

  it.each([
    ["later", "1200ms", "10ms", 1_200],
    ["sooner", "100ms", "1h", 100],
  ])("come when the error asks for it, also %s", async (_, retryAfter, initialInterval, least) => {
    const retry = { initialInterval, maxInterval: initialInterval };
    const [waits] = await waitsOf({ tasks: 1, fails: 1, retryAfter, retry });
    expect(waits![0]).toBeGreaterThanOrEqual(least - CLOCK_MS);
    if (!isReplayed) expect(waits![0]).toBeLessThan(least + 500);
  });

  it("end with maxAttempts however the error asks for more", async () => {
    const one = job();
    const { taskCounts, receipt } = await one.run({
      action: "flaky",
      payload: { fails: 100, retryAfter: "20ms" },
      fanout: { tasks: 2 },
      retry: { maxAttempts: 4 },
    });
    expect({ FAILED: taskCounts.FAILED, retries: receipt.retries }).toEqual({
      FAILED: 2,
      retries: 6,
    });
  });
});

// --- internal ---

/** Times are of two clocks in the same process, one of them in whole milliseconds. */
const CLOCK_MS = 5;

/** How long each task waited between its attempts. */
async function waitsOf(given: {
  tasks: number;
  fails: number;
  retry: Retry;
  retryAfter?: string;
}): Promise<number[][]> {
  const { tasks, fails, retry, retryAfter } = given;
  const one = job();
  const outcome = await one.run({
    action: "flaky",
    payload: { fails, ...(retryAfter ? { retryAfter } : {}) },
    fanout: { tasks },
    retry: { maxAttempts: fails + 1, ...retry },
  });
  expect(outcome).toMatchObject({ status: "SUCCEEDED", receipt: { retries: tasks * fails } });
  const times = started.get(one.id)!;
  return Array.from({ length: tasks }, (_, index) =>
    Array.from(
      { length: fails },
      (_unused, at) => times.get(`${index}/${at + 2}`)! - times.get(`${index}/${at + 1}`)!,
    ),
  );
}

/** Handlers of the job that are to be called at some later time. */
async function timersOf({ id }: JobClient): Promise<unknown[]> {
  const rows = await admin.query(
    `select target_handler_name from sys_invocation
     where target_service_name = 'Job' and target_service_key = '${id}' and status <> 'completed'`,
  );
  return rows.map(({ target_handler_name }) => target_handler_name);
}

/** After the end only the clock of the retention runs; after a purge none. */
async function leavesNothing(one: JobClient): Promise<void> {
  await eventually(async () => expect(await timersOf(one)).toEqual(["expire"]));
  await one.purge();
  await eventually(async () => expect(await timersOf(one)).toEqual([]));
}

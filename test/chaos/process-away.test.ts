import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepDown, startChaos, type Chaos } from "./support/environment.ts";
import { IS_THOROUGH } from "./support/random.ts";

let chaos: Chaos;
beforeAll(async () => void (chaos = await startChaos()));
afterAll(async () => chaos.stop());

// Longer than a crashing task takes to be found out: an outage must not look like one.
const AWAY_MS = 15_000;

describe("a chunk whose process was away for a while", () => {
  it.runIf(IS_THOROUGH)("does not run tasks again whose outcomes were committed", async () => {
    const request = {
      action: "wait",
      payload: { sleepMs: 20 },
      fanout: { tasks: 400 },
      limits: { concurrency: 10 },
    };
    await chaos.jobs.submit("committed", request);
    // 400 tasks take 800 ms: a good part is committed, and no beat has stored it yet.
    await committedTasks("committed", 200);
    await keepDown(chaos.fanfold, AWAY_MS);
    const outcome = await chaos.jobs.outcome("committed", 60_000);
    await chaos.jobs.expectWhole(outcome, [400]);
    expect(outcome.status).toBe("SUCCEEDED");
    // What ran in the moment of death, and what ended within the 50 ms of a group before it.
    expect(chaos.repeated("committed")).toBeLessThanOrEqual(60);
  });

  it("counts the attempts that failed before", async () => {
    const request = {
      action: "fail",
      payload: { failures: 10 },
      fanout: { tasks: 20 },
      retry: { maxAttempts: 3, initialInterval: "4s", factor: 1, jitter: false },
    };
    await chaos.jobs.submit("retried", request);
    await sleep(2_500);
    expect(chaos.runs("retried")).toHaveLength(20);
    await keepDown(chaos.fanfold, AWAY_MS);
    const outcome = await chaos.jobs.outcome("retried", 60_000);
    await chaos.jobs.expectWhole(outcome, [20]);
    const seen = chaos.runs("retried").filter(({ taskId }) => taskId === "retried/0/0");
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  it.runIf(IS_THOROUGH)("records no outcome twice when its last put arrives late", async () => {
    const request = {
      action: "wait",
      payload: { sleepMs: 100, bytes: 100_000 },
      fanout: { tasks: 400 },
      limits: { concurrency: 20 },
      fold: "none",
    };
    await chaos.jobs.submit("late", request);
    const isPutting = async () =>
      (await chaos.jobs.underWay()).some(({ target }) => /^Data\/late\/.*\/put$/.test(target));
    while (!(await isPutting())) await sleep(60);
    await keepDown(chaos.fanfold, AWAY_MS);
    const outcome = await chaos.jobs.outcome("late", 90_000);
    await chaos.jobs.expectWhole(outcome, [400]);
  });

  it.runIf(IS_THOROUGH)("is not much slower with few slots than it was", async () => {
    const request = {
      action: "wait",
      payload: { sleepMs: 1 },
      fanout: { tasks: 1_000 },
      limits: { concurrency: 1 },
    };
    await chaos.jobs.submit("single", request);
    await committedTasks("single", 100);
    await keepDown(chaos.fanfold, AWAY_MS);
    const backAt = Date.now();
    const outcome = await chaos.jobs.outcome("single", 120_000);
    console.log(`1,000 tasks of 1 ms in one slot took ${Date.now() - backAt} ms after the outage`);
    await chaos.jobs.expectWhole(outcome, [1_000]);
    expect(Date.now() - backAt).toBeLessThan(60_000);
  });

  it("still gives back what others have slots for", async () => {
    await chaos.jobs.submit("slots", { action: "wait", open: true, limits: { concurrency: 20 } });
    const append = (tasks: number, sleepMs: number) => {
      const items = Array.from({ length: tasks }, () => sleepMs);
      return chaos.jobs.call("Job/slots/append", { fanout: { foreach: { as: "sleepMs", items } } });
    };
    await append(19, 4_000);
    // One slot is left for these; later all twenty are free: 5 s of work.
    await append(100, 1_000);
    await chaos.jobs.call("Job/slots/seal");
    await sleep(1_500);
    await chaos.fanfold.worker.kill();
    const outcome = await chaos.jobs.outcome("slots", 150_000);
    await chaos.jobs.expectWhole(outcome, [119]);
    expect(outcome.tookMs).toBeLessThan(45_000);
  });
});

// --- internal ---

async function committedTasks(jobId: string, count: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (chaos.runs(jobId).length < count && Date.now() < deadline) await sleep(10);
}

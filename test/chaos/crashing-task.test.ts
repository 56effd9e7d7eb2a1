import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TaskOutcome } from "../../services/contract/task.ts";
import { startChaos, type Chaos } from "./support/environment.ts";
import { IS_THOROUGH } from "./support/random.ts";

let chaos: Chaos;
beforeAll(
  async () => void (chaos = await startChaos({ workerEnv: { FANFOLD_WATCHDOG_MS: "1500" } })),
);
afterAll(async () => chaos.stop());

const ends = IS_THOROUGH ? ["exit", "abort", "kill", "block"] : ["block"];

describe.each(ends)("a task that ends its process by %s", (action) => {
  it("is the only one of its chunk that fails", async () => {
    const results = await runDeadly({ action, tasks: 200, indexes: [77] });
    expect(failedOf(results)).toEqual([{ index: 77, code: "TASK_CRASHED" }]);
  });
});

describe("tasks that end their process", () => {
  it.runIf(IS_THOROUGH)("are both found", async () => {
    const results = await runDeadly({ action: "exit", tasks: 100, indexes: [3, 60] });
    expect(failedOf(results)).toEqual([
      { index: 3, code: "TASK_CRASHED" },
      { index: 60, code: "TASK_CRASHED" },
    ]);
  });

  it.runIf(IS_THOROUGH)("may be the only task of a job", async () => {
    const results = await runDeadly({ action: "exit", tasks: 1, indexes: [0] });
    expect(failedOf(results)).toEqual([{ index: 0, code: "TASK_CRASHED" }]);
  });

  it("take no task of another job with them", async () => {
    const request = {
      action: "wait",
      payload: { sleepMs: 1_000 },
      fanout: { tasks: 200 },
      limits: { concurrency: 10 },
    };
    await chaos.jobs.submit("innocent", request);
    const results = await runDeadly({ action: "exit", tasks: 20, indexes: [5], withinMs: 150_000 });
    expect(failedOf(results)).toEqual([{ index: 5, code: "TASK_CRASHED" }]);
    const outcome = await chaos.jobs.outcome("innocent", 150_000);
    expect(outcome.taskCounts).toEqual({ total: 200, SUCCEEDED: 200, FAILED: 0, CANCELLED: 0 });
  });
});

describe.each([
  { action: "reject", left: "a promise that is rejected" },
  { action: "throw", left: "a timer that throws" },
])("a task that leaves $left behind", ({ action }) => {
  it("fails, and its process lives on", async () => {
    const before = { pid: chaos.fanfold.worker.pid(), restarts: chaos.fanfold.worker.restarts() };
    const results = await runDeadly({ action, tasks: 100, indexes: [10, 50] });
    expect(failedOf(results)).toEqual([
      { index: 10, code: "TASK_CRASHED" },
      { index: 50, code: "TASK_CRASHED" },
    ]);
    const { worker } = chaos.fanfold;
    expect({ pid: worker.pid(), restarts: worker.restarts() }).toEqual(before);
  });
});

// --- internal ---

let number = 0;

async function runDeadly({
  action,
  tasks,
  indexes,
  withinMs = 150_000,
}: {
  action: string;
  tasks: number;
  indexes: readonly number[];
  withinMs?: number;
}): Promise<TaskOutcome[]> {
  const jobId = `${action}-${number++}`;
  const request = {
    action,
    payload: { indexes },
    fanout: { tasks },
    limits: { concurrency: 20 },
    retry: { maxAttempts: 1 },
  };
  const startedAt = Date.now();
  await chaos.jobs.submit(jobId, request);
  const outcome = await chaos.jobs.outcome(jobId, withinMs);
  console.log(`${jobId}: ${Date.now() - startedAt} ms, ${chaos.repeated(jobId)} runs repeated`);
  await chaos.jobs.expectWhole(outcome, [tasks]);
  return chaos.jobs.results(jobId, 0);
}

function failedOf(results: readonly TaskOutcome[]) {
  return results
    .filter(({ status }) => status !== "SUCCEEDED")
    .map(({ index, error }) => ({ index, code: error?.code }));
}

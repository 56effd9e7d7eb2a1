import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startChaos, type Chaos } from "./support/environment.ts";
import { seededRandom } from "./support/random.ts";

let chaos: Chaos;
beforeAll(
  async () => void (chaos = await startChaos({ workerEnv: { FANFOLD_WATCHDOG_MS: "1500" } })),
);
afterAll(async () => chaos.stop());

it("a fold whose process is killed again and again sees each outcome once", async () => {
  const tasks = 5_000;
  const random = seededRandom("a fold in a killed process");
  const request = { action: "wait", payload: { sleepMs: 0, bytes: 2_000 }, fanout: { tasks } };
  await chaos.jobs.submit("killed", { ...request, fold: { action: "slowly" } });
  await chaos.jobs.succeeded("killed", tasks);
  for (let kill = 0; kill < 3; kill += 1) {
    await sleep(random.between(500, 2_500));
    await chaos.fanfold.worker.kill();
  }
  const outcome = await chaos.jobs.outcome("killed", 150_000);
  expect(outcome).toMatchObject({ status: "SUCCEEDED", result: { next: tasks, errors: [] } });
});

it("a fold that blocks its process fails, and takes no task of another job with it", async () => {
  const innocent = { action: "wait", payload: { sleepMs: 500 }, fanout: { tasks: 200 } };
  await chaos.jobs.submit("innocent", { ...innocent, limits: { concurrency: 10 } });
  await chaos.jobs.submit("blocking", {
    action: "echo",
    fanout: { tasks: 5 },
    fold: { action: "blocking_fold" },
  });
  const outcome = await chaos.jobs.outcome("blocking", 150_000);
  expect(outcome).toMatchObject({ status: "FAILED", stages: [{ error: { code: "FOLD_FAILED" } }] });
  expect(outcome.reason).toContain("TASK_CRASHED");
  const { taskCounts } = await chaos.jobs.outcome("innocent", 150_000);
  expect(taskCounts).toEqual({ total: 200, SUCCEEDED: 200, FAILED: 0, CANCELLED: 0 });
});

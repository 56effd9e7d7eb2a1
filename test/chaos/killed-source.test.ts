import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startChaos, type Chaos } from "./support/environment.ts";
import { IS_THOROUGH, seededRandom } from "./support/random.ts";

let chaos: Chaos;
beforeAll(
  async () => void (chaos = await startChaos({ workerEnv: { FANFOLD_WATCHDOG_MS: "1500" } })),
);
afterAll(async () => chaos.stop());

it("a job whose endpoint dies while it reads 200 pages has each item once, in order", async () => {
  const [pages, each] = [200, 20];
  const random = seededRandom("a source in a killed process");
  const payload = { pages, each };
  await chaos.jobs.submit("killed", {
    action: "echo",
    fanout: { from: { action: "numbered", payload } },
    fold: "none",
  });
  const kills = IS_THOROUGH ? 10 : 4;
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(random.between(300, 1_500));
    await chaos.fanfold.worker.kill();
  }
  const outcome = await chaos.jobs.outcome("killed", 150_000);
  const total = 133 * each;
  expect(outcome).toMatchObject({ status: "SUCCEEDED", taskCounts: { total } });
  await chaos.jobs.expectWhole(outcome, [total]);
  const items = (await chaos.jobs.results("killed", 0)).map(({ result }) => result);
  expect(items).toEqual(Array.from({ length: total }, (_, at) => at));
  const asked = chaos.runs("killed").filter(({ taskId }) => taskId.startsWith("killed/from/"));
  console.log(`${kills} kills: ${outcome.tookMs} ms, ${asked.length - pages} pages read again`);
  expect(new Set(asked.map(({ taskId }) => taskId)).size).toBe(pages);
  expect(asked.length).toBeLessThanOrEqual(pages + kills);
});

it("a page that blocks its process fails, and takes no task of another job with it", async () => {
  const innocent = { action: "wait", payload: { sleepMs: 500 }, fanout: { tasks: 200 } };
  await chaos.jobs.submit("innocent", { ...innocent, limits: { concurrency: 10 } });
  const from = { action: "block", payload: { indexes: [0] } };
  await chaos.jobs.submit("blocking", { action: "echo", fanout: { from } });
  const outcome = await chaos.jobs.outcome("blocking", 150_000);
  expect(outcome).toMatchObject({
    status: "FAILED",
    stages: [{ error: { code: "FANOUT_SOURCE_FAILED" } }],
  });
  expect(outcome.reason).toContain("TASK_CRASHED");
  const { taskCounts } = await chaos.jobs.outcome("innocent", 150_000);
  expect(taskCounts).toEqual({ total: 200, SUCCEEDED: 200, FAILED: 0, CANCELLED: 0 });
});

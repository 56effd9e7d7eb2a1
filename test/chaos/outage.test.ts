import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepDown, startChaos, type Chaos } from "./support/environment.ts";
import { IS_THOROUGH } from "./support/random.ts";

let chaos: Chaos;
beforeAll(async () => void (chaos = await startChaos()));
afterAll(async () => chaos.stop());

describe("an endpoint that is away", () => {
  it.runIf(IS_THOROUGH)("for 30 s has no task blamed for it", async () => {
    await chaos.jobs.submit("away", SLOW);
    await sleep(2_000);
    await keepDown(chaos.fanfold, 30_000);
    await expectNobodyBlamed("away");
  });

  it.runIf(IS_THOROUGH)(
    "again and again while its tasks run has no task blamed for it",
    async () => {
      await chaos.jobs.submit("flaky", SLOW);
      const { worker } = chaos.fanfold;
      for (let kill = 0; kill < 8; kill += 1) {
        const ran = chaos.runs("flaky").length;
        while (chaos.runs("flaky").length < ran + 30) await sleep(20);
        await worker.kill();
      }
      await expectNobodyBlamed("flaky");
    },
  );

  it("for 20 s with its connections open goes on where it was", async () => {
    const pid = chaos.fanfold.worker.pid()!;
    await chaos.jobs.submit("frozen", SLOW);
    await sleep(2_000);
    process.kill(pid, "SIGSTOP");
    await sleep(20_000);
    process.kill(pid, "SIGCONT");
    await expectNobodyBlamed("frozen");
    expect(chaos.fanfold.worker.pid()).toBe(pid);
  });
});

// --- internal ---

const SLOW = {
  action: "wait",
  payload: { sleepMs: 300 },
  fanout: { tasks: 1_000 },
  limits: { concurrency: 50 },
};

async function expectNobodyBlamed(jobId: string): Promise<void> {
  const backAt = Date.now();
  const outcome = await chaos.jobs.outcome(jobId, 120_000);
  console.log(`${jobId}: over ${Date.now() - backAt} ms later, ${chaos.repeated(jobId)} repeated`);
  expect(outcome.taskCounts).toEqual({ total: 1_000, SUCCEEDED: 1_000, FAILED: 0, CANCELLED: 0 });
  await chaos.jobs.expectWhole(outcome, [1_000]);
}

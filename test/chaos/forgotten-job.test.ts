import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startChaos, type Chaos } from "./support/environment.ts";
import { ROUNDS, seededRandom } from "./support/random.ts";

let chaos: Chaos;
beforeAll(async () => void (chaos = await startChaos()));
afterAll(async () => chaos.stop());

describe("a job that is purged as soon as it has ended", () => {
  it("leaves nothing to the next one of its id, also when the endpoint dies meanwhile", async () => {
    const random = seededRandom("purge");
    const { jobs, fanfold } = chaos;
    for (let life = 0; life < 4 * ROUNDS; life += 1) {
      const tasks = random.between(500, 3_000);
      const request = {
        actionChain: ["wait", { action: "echo" }],
        payload: { sleepMs: 2 },
        fanout: { tasks },
        fold: "none",
        limits: { concurrency: 200 },
        labels: { life: String(life) },
      };
      await jobs.submit("phoenix", request);
      const isKilled = random.between(0, 2) === 0;
      if (isKilled) {
        await sleep(random.between(0, 300));
        await fanfold.worker.kill();
      }
      const outcome = await jobs.outcome("phoenix", 60_000);
      expect(outcome.request).toMatchObject({ labels: { life: String(life) } });
      await jobs.expectWhole(outcome, [tasks, tasks]);
      await jobs.call("Job/phoenix/purge").catch((error: unknown) => {
        // Repeated after a death, it finds the job gone.
        expect(error).toMatchObject({ code: "JOB_NOT_FOUND" });
      });
    }
  });
});

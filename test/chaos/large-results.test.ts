import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepDown, startChaos, type Chaos } from "./support/environment.ts";
import { IS_THOROUGH } from "./support/random.ts";

let chaos: Chaos;
beforeAll(async () => void (chaos = await startChaos()));
afterAll(async () => chaos.stop());

const SHAPES = [
  { tasks: 90, bytes: 500_000, fold: "collect" },
  { tasks: 100, bytes: 400_000, sleepMs: 3_000, fold: "collect" },
  { tasks: 60, bytes: 1_000_000, fold: "none" },
];

describe("results that are small one by one and above a message's limit together", () => {
  it.each(IS_THOROUGH ? SHAPES : SHAPES.slice(0, 1))(
    "do not hold their job: $tasks of $bytes bytes, fold $fold",
    async ({ fold, ...shape }) => {
      const { tasks, bytes, sleepMs = 0 } = shape;
      const jobId = `large-${tasks}-${bytes}-${fold}`;
      const request = { action: "wait", payload: { bytes, sleepMs }, fanout: { tasks }, fold };
      await chaos.jobs.submit(jobId, request);
      const outcome = await chaos.jobs.outcome(jobId, 60_000);
      expect(outcome.status).toBe("SUCCEEDED");
      await chaos.jobs.expectWhole(outcome, [tasks]);
      expect(chaos.repeated(jobId)).toBe(0);
    },
  );

  it.runIf(IS_THOROUGH)("do not hold their job after an outage", async () => {
    const request = {
      action: "wait",
      payload: { bytes: 300_000, sleepMs: 3_000 },
      fanout: { tasks: 450 },
      limits: { concurrency: 150 },
      fold: "none",
    };
    await chaos.jobs.submit("outage", request);
    // Reported is stored: more than 32 MiB of one chunk, which still runs.
    await chaos.jobs.succeeded("outage", 125);
    await keepDown(chaos.fanfold, 15_000);
    const outcome = await chaos.jobs.outcome("outage", 150_000);
    expect(outcome.status).toBe("SUCCEEDED");
    await chaos.jobs.expectWhole(outcome, [450]);
  });
});

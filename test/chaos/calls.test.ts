import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startChaos, type Chaos } from "./support/environment.ts";
import { ROUNDS, seededRandom } from "./support/random.ts";

let chaos: Chaos;
beforeAll(async () => void (chaos = await startChaos()));
afterAll(async () => chaos.stop());

const rounds = Array.from({ length: ROUNDS }, (_, round) => ({ round }));

describe.each(rounds)("durable actions, round $round", ({ round }) => {
  it("have one outcome each through three deaths of the endpoint", async () => {
    const id = `durable-${round}`;
    const random = seededRandom(id);
    await chaos.jobs.submit(id, {
      action: "durable_steps",
      fanout: { tasks: TASKS },
      nextActions: ["echo"],
      limits: { concurrency: 100 },
      fold: "none",
    });
    await kills(3, () => random.between(200, 1_200));
    const outcome = await chaos.jobs.outcome(id, 120_000);
    expect(outcome.status).toBe("SUCCEEDED");
    await chaos.jobs.expectWhole(outcome, [TASKS, TASKS]);
    const results = await chaos.jobs.results(id, 1);
    expect(new Set(results.map(({ result }) => result)).size).toBe(TASKS);
    const attempts = (await chaos.jobs.results(id, 0)).map((task) => task.attempts);
    expect(Math.max(...attempts)).toBe(1);
  });

  it("keep count of their attempts through a death", async () => {
    const id = `retried-${round}`;
    const random = seededRandom(id);
    await chaos.jobs.submit(id, {
      action: "durable_steps",
      payload: { failures: 1 },
      fanout: { tasks: 300 },
      retry: { maxAttempts: 2, initialInterval: "300ms" },
      fold: "none",
    });
    await kills(2, () => random.between(100, 700));
    const outcome = await chaos.jobs.outcome(id, 120_000);
    await chaos.jobs.expectWhole(outcome, [300]);
    expect(outcome).toMatchObject({ status: "SUCCEEDED", receipt: { retries: 300 } });
  });

  it("are cancelled with their job, though the endpoint dies meanwhile", async () => {
    const id = `cancelled-${round}`;
    const random = seededRandom(id);
    await chaos.jobs.submit(id, {
      action: "durable_steps",
      payload: { sleepMs: 3_600_000 },
      fanout: { tasks: 200 },
      limits: { concurrency: 40 },
    });
    await eventually(async () => expect(await sleeping()).toBe(40));
    const killed = kills(1, () => random.between(0, 100));
    await sleep(random.between(0, 100));
    await chaos.jobs.call(`Job/${id}/cancel`);
    await killed;
    const outcome = await chaos.jobs.outcome(id, 60_000);
    expect(outcome).toMatchObject({ status: "CANCELLED", taskCounts: { CANCELLED: 200 } });
    await chaos.jobs.expectWhole(outcome, [200]);
    await eventually(async () => expect(await sleeping()).toBe(0));
  });
});

// --- internal ---

const TASKS = 1_500;

async function kills(count: number, pauseMs: () => number): Promise<void> {
  for (let kill = 0; kill < count; kill += 1) {
    await sleep(pauseMs());
    await chaos.fanfold.worker.kill();
  }
}

/** Invocations of the durable action that have not ended. */
async function sleeping(): Promise<number> {
  const all = await chaos.jobs.underWay();
  return all.filter(({ target }) => target === "durable_steps/task").length;
}

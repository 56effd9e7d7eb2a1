import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobOutcome } from "../../services/contract/job-outcome.ts";
import type { RedriveRequest } from "../../services/contract/handlers.ts";
import { expectToldOfEach } from "./support/ends.ts";
import { startChaos, type Chaos } from "./support/environment.ts";
import { ROUNDS, seededRandom, type Random } from "./support/random.ts";

let chaos: Chaos;
beforeAll(async () => void (chaos = await startChaos()));
afterAll(async () => chaos.stop());

const runs = Array.from({ length: ROUNDS }, (_, run) => ({ run }));

describe.each(runs)("an endpoint that dies, run $run,", ({ run }) => {
  it("while failed tasks run again, twice, and what they pass on", async () => {
    const id = `failed-${run}`;
    const random = seededRandom(id);
    await chaos.jobs.submit(id, RELAPSING);
    await expectEnded(await wait(id), [TASKS, 2 * (TASKS - failedIn(1))]);

    for (const generation of [2, 3]) {
      const outcome = await redriven(id, { only: "failed" }, random);
      expect(outcome).toMatchObject({
        status: "FAILED",
        generation,
        stages: [
          { taskCounts: { FAILED: failedIn(generation) }, result: { next: TASKS, errors: [] } },
          { status: "SUCCEEDED" },
        ],
      });
      await expectEnded(outcome, [TASKS, 2 * (TASKS - failedIn(generation))]);
      const passedOn = (await chaos.jobs.results(id, 1)).map(({ result }) => result);
      expect(new Set(passedOn).size).toBe(passedOn.length);
    }
  });

  it("while a cancelled job is taken up", async () => {
    const id = `cancelled-${run}`;
    const random = seededRandom(id);
    await chaos.jobs.submit(id, STEADY);
    await sleep(random.between(20, 700));
    await chaos.jobs.call(`Job/${id}/cancel`);
    const cancelled = await wait(id);
    expect(cancelled.stages[0]!.taskCounts.CANCELLED).toBeGreaterThan(0);
    await expectEnded(cancelled, [MANY, cancelled.stages[0]!.taskCounts.SUCCEEDED]);

    const outcome = await redriven(id, { only: "unsucceeded" }, random);
    expect(outcome).toMatchObject({ status: "SUCCEEDED", generation: 2 });
    await expectEnded(outcome, [MANY, MANY]);
  });
});

// --- internal ---

const TASKS = 300;
const MANY = 6_000;
const RECEIVERS = { onComplete: [{ action: "told" }] };

/** A third of the first stage's tasks fail, a third of those once more, and so on. */
const RELAPSING = {
  actionChain: [
    { action: "relapse", fold: { action: "slowly" }, ...RECEIVERS },
    { action: "echo", ...RECEIVERS },
  ],
  payload: { sleepMs: 15 },
  fanout: { tasks: TASKS },
  limits: { concurrency: 10 },
  fold: "none",
  ...RECEIVERS,
};
const STEADY = {
  actionChain: [
    { action: "wait", ...RECEIVERS },
    { action: "echo", ...RECEIVERS },
  ],
  payload: { sleepMs: 15 },
  fanout: { tasks: MANY },
  limits: { concurrency: 50 },
  fold: "none",
  ...RECEIVERS,
};

const failedIn = (generation: number) => Math.floor(TASKS / 3 ** generation);
const wait = (id: string) => chaos.jobs.outcome(id, 60_000);

/** Redrives it while the endpoint dies, at least once; what had succeeded does not run again. */
async function redriven(id: string, request: RedriveRequest, random: Random): Promise<JobOutcome> {
  const succeeded = await succeededTasks(id);
  const before = chaos.runs(id).length;
  const killed = killAfter(random.between(0, 150));
  await sleep(random.between(0, 150));
  await chaos.jobs.call(`Job/${id}/redrive`, request);
  await killed;
  if (random.between(0, 2) === 0) await killAfter(random.between(0, 800));

  const outcome = await wait(id);
  const again = chaos.runs(id).slice(before);
  expect(again.filter(({ taskId }) => succeeded.has(taskId))).toEqual([]);
  return outcome;
}

async function succeededTasks(id: string): Promise<ReadonlySet<string>> {
  const outcomes = [...(await chaos.jobs.results(id, 0)), ...(await chaos.jobs.results(id, 1))];
  const succeeded = outcomes.filter(({ status }) => status === "SUCCEEDED");
  return new Set(succeeded.map(({ taskId }) => taskId));
}

async function killAfter(ms: number): Promise<void> {
  await sleep(ms);
  await chaos.fanfold.worker.kill();
}

/** Counts, outcomes and `verify` agree, and each end of each generation was told of once. */
async function expectEnded(outcome: JobOutcome, tasks: readonly number[]): Promise<void> {
  await chaos.jobs.expectWhole(outcome, tasks);
  await expectToldOfEach(chaos, outcome);
  expect(await wait(outcome.jobId)).toEqual(outcome);
}

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobOutcome } from "../../services/contract/job-outcome.ts";
import type { JobStatus } from "../../services/contract/job-status.ts";
import { eventually } from "../support/eventually.ts";
import { expectToldOfEach } from "./support/ends.ts";
import { startChaos, type Chaos } from "./support/environment.ts";
import { Refused } from "./support/jobs.ts";
import { IS_THOROUGH, ROUNDS, seededRandom } from "./support/random.ts";

let chaos: Chaos;
beforeAll(async () => void (chaos = await startChaos()));
afterAll(async () => chaos.stop());

/** A death and what follows take some seconds: the restart waits, and so does what the server tries again. */
const runs = Array.from({ length: IS_THOROUGH ? 3 * ROUNDS : 1 }, (_, run) => ({ run }));

describe.each(runs)("an endpoint that dies, run $run,", ({ run }) => {
  it("while its job is cancelled", async () => {
    const id = `cancel-${run}`;
    const random = seededRandom(id);
    await submit(id, { ...STEADY, fanout: { tasks: 20_000 } });
    const waiting = wait(id);
    await sleep(random.between(20, 1_500));
    const killed = killAfter(random.between(0, 100));
    await sleep(random.between(0, 100));
    await chaos.jobs.call(`Job/${id}/cancel`, { reason: "enough" });
    await killed;
    if (random.between(0, 2) === 0) await killAfter(random.between(0, 300));

    const outcome = await waiting;
    expect(outcome).toMatchObject({ status: "CANCELLED", reason: "enough" });
    const [first, second] = outcome.stages;
    expect(first!.taskCounts.CANCELLED).toBeGreaterThan(0);
    expect(second!.taskCounts.total).toBe(first!.taskCounts.SUCCEEDED);
    await expectEndedOnce(outcome, [20_000, first!.taskCounts.SUCCEEDED]);
  });

  it("while its job is paused and resumed", async () => {
    const id = `pause-${run}`;
    const random = seededRandom(id);
    const moments = random.between(1, 8);
    const [pausing, paused, resuming] = [1, 2, 4].map((moment) => (moments & moment) > 0);
    await submit(id, { ...STUMBLING, fanout: { tasks: 1_500 } });
    const waiting = wait(id);
    await sleep(random.between(20, 800));
    const killed = pausing ? killAfter(random.between(0, 100)) : undefined;
    await sleep(random.between(0, 100));
    await chaos.jobs.call(`Job/${id}/pause`);
    await killed;

    await eventually(async () => expect(await runningTasks(id)).toBe(0));
    const started = chaos.runs(id).length;
    if (paused) await killAfter(0);
    await eventually(async () => {
      const states = (await chaos.jobs.underWay()).map(({ status }) => status);
      expect(states).not.toContain("backing-off");
    });
    await sleep(1_000);
    expect(await chaos.jobs.call(`Job/${id}/status`)).toMatchObject({ status: "PAUSED" });
    expect(chaos.runs(id)).toHaveLength(started);

    const killedAgain = resuming ? killAfter(random.between(0, 100)) : undefined;
    await sleep(random.between(0, 100));
    await chaos.jobs.call(`Job/${id}/resume`).catch(expectEnded);
    await killedAgain;
    const outcome = await waiting;
    expect(outcome).toMatchObject({ status: "SUCCEEDED", receipt: { retries: 1_500 } });
    await expectEndedOnce(outcome, [1_500, 1_500]);
  });

  it("while its job is sealed by the clock", async () => {
    const id = `seal-${run}`;
    const random = seededRandom(id);
    const sealPolicy = random.between(0, 2) === 0 ? "fail" : "seal";
    await submit(id, { ...STEADY, open: true, sealBy: "1500ms", sealPolicy });
    const waiting = wait(id);
    await chaos.jobs.call(`Job/${id}/append`, { fanout: { tasks: 100 }, appendId: "first" });
    await sleep(random.between(0, 1_000));
    await chaos.jobs.call(`Job/${id}/append`, { fanout: { tasks: 50 }, appendId: "second" });
    await killAfter(random.between(1_300, 1_600));

    const outcome = await waiting;
    const [first] = outcome.stages;
    if (sealPolicy === "seal") expect(outcome.status).toBe("SUCCEEDED");
    else expect(outcome).toMatchObject({ status: "FAILED", reason: "seal overdue" });
    await expectEndedOnce(outcome, [150, first!.taskCounts.SUCCEEDED]);
  });
});

// --- internal ---

/** Two stages, and somebody is told of each end. */
const STEADY = {
  actionChain: ["wait", "echo"].map((action) => ({ action, onComplete: [{ action: "told" }] })),
  payload: { sleepMs: 15 },
  onComplete: [{ action: "told" }],
  limits: { concurrency: 50 },
  fold: "none",
};
/** Each task of the first stage fails once. */
const STUMBLING = {
  ...STEADY,
  actionChain: ["fail", "echo"].map((action) => ({ action, onComplete: [{ action: "told" }] })),
  payload: { failures: 1, sleepMs: 15 },
  retry: { initialInterval: "500ms" },
};
const WITHIN_MS = 60_000;

const submit = (id: string, request: Record<string, unknown>) => chaos.jobs.submit(id, request);
const wait = (id: string) => chaos.jobs.outcome(id, WITHIN_MS);

async function killAfter(ms: number): Promise<void> {
  await sleep(ms);
  await chaos.fanfold.worker.kill();
}

async function runningTasks(id: string): Promise<number> {
  const { stages } = await chaos.jobs.call<JobStatus>(`Job/${id}/status`);
  return stages.reduce((sum, { counts }) => sum + counts.running, 0);
}

/** Its answer was lost, and it ended before it was asked again. */
function expectEnded(error: unknown): void {
  expect(error).toBeInstanceOf(Refused);
  expect(error).toMatchObject({ code: "JOB_ENDED" });
}

/** Counts and outcomes agree, each end was told of once, and nothing of the job goes on. */
async function expectEndedOnce(outcome: JobOutcome, tasks: readonly number[]): Promise<void> {
  await chaos.jobs.expectWhole(outcome, tasks);
  await expectToldOfEach(chaos, outcome);
  expect(await wait(outcome.jobId)).toEqual(outcome);
}

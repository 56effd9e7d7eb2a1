import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mortalServer, startChaos, type Chaos, type MortalServer } from "./support/environment.ts";
import { IS_THOROUGH, ROUNDS, seededRandom, type Random } from "./support/random.ts";

let dataDir: string;
let chaos: Chaos;
let server: MortalServer;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "chaos-data-"));
  chaos = await startChaos({ dataDir });
  server = mortalServer(chaos.fanfold, dataDir);
});

afterEach(async () => {
  await chaos.stop();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const rounds = Array.from({ length: ROUNDS }, (_, round) => ({ round }));

describe.each(rounds)("a job of 20,000 tasks, round $round", ({ round }) => {
  it.each(IS_THOROUGH ? [1, 4] : [4])("survives %i deaths of the endpoint", async (kills) => {
    const random = seededRandom(`endpoint, ${kills} kills, round ${round}`);
    await chaos.jobs.submit("job", ONE_STAGE);
    for (let kill = 0; kill < kills; kill += 1) {
      await sleep(random.between(50, 1_200));
      await chaos.fanfold.worker.kill();
    }
    await expectAllSucceeded(kills);
  });

  it("survives an endpoint that dies within 50 ms of its start", async () => {
    const random = seededRandom(`young endpoint, round ${round}`);
    await chaos.jobs.submit("job", ONE_STAGE);
    await sleep(random.between(50, 600));
    for (let kill = 0; kill < 5; kill += 1) {
      await chaos.fanfold.worker.kill();
      await sleepUntilStarted();
      await sleep(random.between(0, 50));
    }
    await chaos.fanfold.worker.kill();
    await expectAllSucceeded(2);
  });

  it("survives an endpoint that is told to stop", async () => {
    const random = seededRandom(`stopped endpoint, round ${round}`);
    await chaos.jobs.submit("job", ONE_STAGE);
    await sleep(random.between(50, 1_200));
    process.kill(chaos.fanfold.worker.pid()!, "SIGTERM");
    await expectAllSucceeded(1);
    expect(chaos.fanfold.worker.restarts()).toBe(1);
  });

  it.each(IS_THOROUGH ? [1, 3] : [3])("survives %i deaths of the server", async (kills) => {
    const random = seededRandom(`server, ${kills} kills, round ${round}`);
    await chaos.jobs.submit("job", ONE_STAGE);
    for (let kill = 0; kill < kills; kill += 1) {
      await sleep(random.between(50, 1_200));
      await server.restart();
    }
    await expectAllSucceeded(kills);
    expect(chaos.fanfold.worker.restarts()).toBe(0);
  });
});

describe.each(rounds)("two stages and a fed job, round $round", ({ round }) => {
  it("fan in once, with every append once, through deaths of both processes", async () => {
    const random = seededRandom(`both, round ${round}`);
    const { jobs } = chaos;
    await jobs.submit("chain", TWO_STAGES);
    await jobs.submit("fed", FED);
    const waiting = [1, 2, 3].map(() => jobs.outcome("chain", 150_000));
    const appended = append(random);
    for (let kill = 0; kill < 4; kill += 1) {
      await sleep(random.between(20, 1_500));
      if (random.between(0, 2) === 0) await chaos.fanfold.worker.kill();
      else await server.restart();
    }
    await appended;
    await jobs.call("Job/fed/seal");

    const outcome = await jobs.outcome("chain", 150_000);
    await jobs.expectWhole(outcome, [2_000, 20_000]);
    expect(outcome.status).toBe("SUCCEEDED");
    for (const delivered of await Promise.all(waiting)) expect(delivered).toEqual(outcome);
    const passedOn = (await jobs.results("chain", 1)).map(({ result }) => result);
    expect(new Set(passedOn).size).toBe(20_000);

    const fed = await jobs.outcome("fed", 150_000);
    await jobs.expectWhole(fed, [APPENDS * 50]);
    const items = (await jobs.results("fed", 0)).map(({ result }) => result);
    expect(items).toEqual(Array.from({ length: APPENDS * 50 }, (_, item) => item));
    expect(await jobs.outcome("chain", 1_000)).toEqual(outcome);
  });
});

// --- internal ---

const TASKS = 20_000;
const CONCURRENCY = 400;
const ONE_STAGE = {
  action: "wait",
  fanout: { range: { start: 1, stop: TASKS } },
  limits: { concurrency: CONCURRENCY },
  fold: "none",
};
const TWO_STAGES = {
  action: "spread",
  payload: { each: 10, sleepMs: 20 },
  fanout: { tasks: 2_000 },
  nextActions: [{ action: "echo", limits: { concurrency: 300 } }],
  fold: "none",
};
const FED = { action: "echo", open: true, limits: { concurrency: 20 }, fold: "none" };
const APPENDS = 40;

/** One append after the other, some of them twice. */
async function append(random: Random): Promise<void> {
  for (let at = 0; at < APPENDS; at += 1) {
    const items = Array.from({ length: 50 }, (_, n) => at * 50 + n);
    const request = { fanout: { foreach: { items } }, appendId: `append-${at}` };
    const first = await chaos.jobs.call("Job/fed/append", request);
    expect(first).toEqual({ accepted: 50, total: (at + 1) * 50 });
    if (random.between(0, 3) === 0) {
      expect(await chaos.jobs.call("Job/fed/append", request)).toEqual(first);
    }
    await sleep(random.between(10, 150));
  }
}

async function sleepUntilStarted(): Promise<void> {
  while (chaos.fanfold.worker.pid() === undefined) await sleep(5);
}

async function expectAllSucceeded(kills: number): Promise<void> {
  const outcome = await chaos.jobs.outcome("job", 120_000);
  expect(outcome.taskCounts).toMatchObject({ total: TASKS, SUCCEEDED: TASKS });
  await chaos.jobs.expectWhole(outcome, [TASKS]);
  const repeated = chaos.repeated("job");
  console.log(`${kills} kills: ${outcome.tookMs} ms, ${repeated} runs repeated`);
  // What ran, and what waited to be committed: a group is due 50 ms after its first outcome, later
  // when the machine is busy.
  expect(repeated).toBeLessThanOrEqual(kills * 6 * CONCURRENCY);
}

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { becomesTrue } from "../../services/embedded/poll.ts";
import { startChaos, type Chaos } from "./support/environment.ts";

let chaos: Chaos;
beforeEach(async () => {
  chaos = await startChaos();
});
afterEach(() => chaos.stop());

/** Asks the worker to end, as a deployment does; who supervises it starts another. */
function terminate(): void {
  process.kill(chaos.fanfold.worker.pid() ?? 0, "SIGTERM");
}

async function health(): Promise<number | null> {
  try {
    return (await fetch(`${chaos.fanfold.endpointUrl}/health`)).status;
  } catch {
    return null;
  }
}

async function lostRounds(): Promise<string[]> {
  const response = await fetch(`${chaos.fanfold.endpointUrl}/metrics`);
  return (await response.text()).match(/^fanfold_lost_rounds_total\{.*$/gm) ?? [];
}

describe("a worker that is asked to end", () => {
  it("brings home what runs and leaves the rest to the next, so that nothing runs twice", async () => {
    const { jobs, fanfold } = chaos;
    await jobs.submit("job", {
      action: "wait",
      payload: { sleepMs: 200 },
      fanout: { tasks: 500 },
      limits: { concurrency: 25 },
    });
    await jobs.succeeded("job", 50);
    expect(await health()).toBe(200);
    terminate();
    const saysSo = await becomesTrue(async () => (await health()) === 503, { withinMs: 5_000 });
    expect(saysSo).toBe(true);

    const outcome = await jobs.outcome("job", 60_000);
    await jobs.expectWhole(outcome, [500]);
    expect(outcome.status).toBe("SUCCEEDED");
    expect(fanfold.worker.restarts()).toBe(1);
    expect(new Set(chaos.runs("job").map(({ pid }) => pid)).size).toBe(2);
    expect(chaos.repeated("job")).toBe(0);
    expect(await health()).toBe(200);
    expect(await lostRounds()).toEqual([]);
  });

  it("ends the step of a fold in which it is, so that none is taken twice", async () => {
    const { jobs } = chaos;
    const steps = () => chaos.runs("job").filter(({ taskId }) => taskId.startsWith("job/fold/"));
    await jobs.submit("job", {
      action: "echo",
      fanout: { tasks: 20 },
      fold: { action: "noted_fold" },
    });
    expect(await becomesTrue(() => steps().length >= 3, { withinMs: 10_000 })).toBe(true);
    terminate();
    const outcome = await jobs.outcome("job", 60_000);
    expect(outcome).toMatchObject({ status: "SUCCEEDED", result: 20 });
    expect(steps()).toHaveLength(20);
    expect(new Set(steps().map(({ pid }) => pid)).size).toBe(2);
  });

  it("ends the steps of durable actions, and begins no others", async () => {
    const { jobs } = chaos;
    await jobs.submit("job", {
      action: "durable_step",
      payload: { sleepMs: 700 },
      fanout: { tasks: 30 },
      limits: { concurrency: 6 },
    });
    expect(await becomesTrue(() => chaos.runs("job").length >= 9, { withinMs: 10_000 })).toBe(true);
    terminate();
    const outcome = await jobs.outcome("job", 60_000);
    await jobs.expectWhole(outcome, [30]);
    expect(outcome.status).toBe("SUCCEEDED");
    expect(chaos.repeated("job")).toBe(0);
    expect(new Set(chaos.runs("job").map(({ pid }) => pid)).size).toBe(2);
  });

  it("gives up what takes longer than ten seconds; only that runs again, and is not suspected", async () => {
    const { jobs } = chaos;
    await jobs.submit("long", {
      action: "wait",
      payload: { sleepMs: 13_000 },
      fanout: { tasks: 3 },
    });
    expect(await becomesTrue(() => chaos.runs("long").length === 3, { withinMs: 10_000 })).toBe(
      true,
    );
    const first = chaos.fanfold.worker.pid();
    const since = Date.now();
    terminate();
    await becomesTrue(() => chaos.fanfold.worker.pid() !== first, { withinMs: 15_000 });
    expect(Date.now() - since).toBeLessThan(13_000);

    const outcome = await jobs.outcome("long", 60_000);
    await jobs.expectWhole(outcome, [3]);
    expect(outcome.status).toBe("SUCCEEDED");
    expect(chaos.runs("long")).toHaveLength(6);
    expect(await lostRounds()).toEqual([]);
  });
});

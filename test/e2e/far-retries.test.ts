import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { action, RetryableError } from "../../services/actions.ts";
import { durableAction, type Task } from "../../services/index.ts";
import { startFanfold } from "../../services/embedded/fanfold.ts";
import { eventually } from "../support/eventually.ts";
import { httpClient } from "../support/http.ts";
import { jobClient, type JobClient } from "../support/job-client.ts";
import { peak, type Span } from "../support/spans.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

/** Longer than a task keeps its slot for. */
const FAR_MS = 6_000;
const attempts: (Span & { job: string; index: number; attempt: number })[] = [];

interface Input {
  /** tasks up to this index ask for a second attempt */
  readonly failing: number;
  readonly retryAfter?: string;
  /** what an attempt takes; by default 100 */
  readonly ms?: number;
}

async function attemptOf({ jobId, index, attempt, input }: Task<Input>): Promise<number> {
  const seen = { job: jobId, index, attempt, from: performance.now(), to: Infinity };
  attempts.push(seen);
  try {
    await sleep(input.ms ?? 100);
  } finally {
    seen.to = performance.now();
  }
  if (attempt > 1 || index >= input.failing) return index;
  throw new RetryableError("later", { retryAfter: input.retryAfter ?? FAR_MS });
}

const run = action<Input, number>({ name: "run", run: attemptOf });
const called = durableAction<Input, number>({
  name: "called",
  run: async (_, task) => attemptOf(task),
});

const { job, admin } = await startTestFanfold({ actions: [run, called] });

/** Every suspension starts what runs again: then only that jobs end as they should is promised. */
const live = it.skipIf(isReplayed);

describe.each([
  { name: "run", runner: "Runner/run" },
  { name: "called", runner: "Runner/call" },
])("tasks of $name that wait for retries far away", ({ name, runner }) => {
  it("leave the only slot to the others", async () => {
    const waiting = await oneWaits({ failing: 1 }, 1);
    await eventually(async () => expect(await countsOf(waiting)).toMatchObject({ succeeded: 10 }));
    if (!isReplayed) {
      expect(await countsOf(waiting)).toMatchObject({ retrying: 1, running: 0, pending: 0 });
      expect((await waiting.why()).blockers).toMatchObject([{ kind: "retrying", count: 1 }]);
    }
    expect(await waiting.outcome()).toMatchObject({ status: "SUCCEEDED" });
    expect(await waiting.verify()).toMatchObject({ ok: true, checked: 11 });
    if (!isReplayed) expect(peak(attemptsOf(waiting))).toBe(1);
  });

  live("are tried again side by side, in as many slots as there are", async () => {
    const together = job();
    const outcome = await together.run({
      action: name,
      payload: { failing: 30, ms: 500 },
      fanout: { tasks: 30 },
      limits: { concurrency: 10 },
    });
    expect(outcome).toMatchObject({ status: "SUCCEEDED", receipt: { retries: 30 } });
    const again = attemptsOf(together).filter(({ attempt }) => attempt === 2);
    const starts = again.map(({ from }) => from);
    expect(again).toHaveLength(30);
    // Three rounds of half a second, and what a busy machine takes; one by one it would be 15 seconds.
    expect(Math.max(...starts) - Math.min(...starts)).toBeLessThan(6_000);
    expect(peak(again)).toBeGreaterThan(5);
    expect(peak(attemptsOf(together))).toBeLessThanOrEqual(10);
  });

  it("go on when somebody has killed their runner", async () => {
    const killed = await oneWaits({ failing: 1 }, 1);
    expect(await admin.kill(runner)).toBeGreaterThan(0);
    expect(await killed.outcome()).toMatchObject({
      status: "SUCCEEDED",
      taskCounts: { SUCCEEDED: 11 },
    });
    expect(await killed.verify()).toMatchObject({ ok: true, checked: 11 });
  });

  it("go on after a pause", async () => {
    const paused = await oneWaits({ failing: 1 }, 1);
    await paused.pause();
    const from = performance.now();
    await eventually(async () => expect(performance.now() - from).toBeGreaterThan(FAR_MS));
    if (!isReplayed) {
      const again = attemptsOf(paused).filter(({ attempt }) => attempt === 2);
      expect(again).toEqual([]);
    }
    await paused.resume();
    expect(await paused.outcome()).toMatchObject({ status: "SUCCEEDED" });
    expect(await paused.verify()).toMatchObject({ ok: true, checked: 11 });
  });

  it("are cancelled at once", async () => {
    const cancelled = await oneWaits({ failing: 1, retryAfter: "1h" }, 1);
    await cancelled.cancel();
    expect(await cancelled.outcome()).toMatchObject({ status: "CANCELLED" });
    expect(await cancelled.verify()).toMatchObject({ ok: true });
  });

  /** A job whose first tasks wait; ten more are added then. */
  async function oneWaits(payload: Input, concurrency: number): Promise<JobClient> {
    const open = job();
    await open.submit({
      action: name,
      payload: { ...payload },
      fanout: { tasks: payload.failing },
      open: true,
      limits: { concurrency },
    });
    await eventually(async () =>
      expect(await countsOf(open)).toMatchObject({ retrying: payload.failing }),
    );
    await open.append({ fanout: { tasks: 10 } });
    await open.seal();
    return open;
  }
});

/** Its worker, which dies, is the embedded server's. */
const embedded = it.skipIf(process.env["FANFOLD_TEST_SERVER"] === "container");

embedded("tasks that wait for retries far away survive the death of their worker", async () => {
  const fanfold = await startFanfold({ samples: true });
  afterAll(() => fanfold.stop());
  const orphaned = jobClient(httpClient(fanfold.ingressUrl), "orphaned");
  await orphaned.submit({
    action: "probe",
    payload: { failAttempts: 1, sleepMs: 20 },
    fanout: { tasks: 20 },
    limits: { concurrency: 2 },
    retry: { initialInterval: FAR_MS, jitter: false },
  });
  await eventually(async () => expect(await countsOf(orphaned)).toMatchObject({ retrying: 20 }));
  await fanfold.worker.kill();
  expect(await orphaned.outcome()).toMatchObject({
    status: "SUCCEEDED",
    receipt: { retries: 20 },
  });
  expect(await orphaned.verify()).toMatchObject({ ok: true, checked: 20 });
  expect((await orphaned.allResults()).map(({ attempts: tried }) => tried)).toEqual(
    Array(20).fill(2),
  );
});

// --- internal ---

const attemptsOf = ({ id }: JobClient) => attempts.filter((attempt) => attempt.job === id);

const countsOf = async (client: JobClient) => (await client.status()).stages[0]!.counts;

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  emit,
  RetryableError,
  TerminalError,
  type ActionOptions,
} from "../../../../services/actions.ts";
import type { Execution } from "../../../../services/task/executor/execution.ts";
import { currentCode } from "../../../../services/task/executor/user-code.ts";
import { ByHand, executionOf, outcomesOf, runToEnd, untried } from "../../support/executions.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";
import type { RetryPlan } from "../../../../services/job/core/plan.ts";
import { stagePlan } from "../../support/plans.ts";
import { holdsAsync } from "../../support/property.ts";

const MIB = 1024 * 1024;
const once = { retry: { maxAttempts: 1, initialMs: 0, maxMs: 0, factor: 1, jitter: false } };

let clock: FakeClock;
let start: number;
let byHand: ByHand;
const executions: Execution[] = [];

beforeEach(() => {
  clock = new FakeClock();
  start = clock.now();
  byHand = new ByHand();
});

afterEach(() => {
  for (const execution of executions.splice(0)) execution.stop();
});

describe("a group", () => {
  it("closes with its 500th outcome", async () => {
    const groups = await runToEnd(given({ tasks: 1_200 }), clock);
    expect(groups.map(({ head }) => head.outcomes)).toEqual([500, 500, 200]);
    expect(clock.now()).toBe(start);
  });

  it("closes at 1 MiB", async () => {
    const execution = given({ tasks: 10, run: () => "x".repeat(0.4 * MIB) });
    const groups = await runToEnd(execution, clock);
    expect(groups.map(({ head }) => head.outcomes)).toEqual([2, 2, 2, 2, 2]);
  });

  it("closes at 1 MiB of bytes, not of characters", async () => {
    const execution = given({ tasks: 10, run: () => "漢".repeat(0.3 * MIB) });
    for (const { lines } of await runToEnd(execution, clock)) {
      expect(Buffer.byteLength(lines.join("\n"))).toBeLessThanOrEqual(MIB);
    }
  });

  it("counts what is emitted into its size", async () => {
    const items = ["x".repeat(0.4 * MIB)];
    const execution = given({
      tasks: 6,
      next: { stage: 1, action: "next" },
      run: () => emit(null, { foreach: { items } }),
    });
    const groups = await runToEnd(execution, clock);
    expect(groups.map(({ head }) => head.outcomes)).toEqual([2, 2, 2]);
  });

  it("closes 50 ms after its first outcome", async () => {
    const taken = given({ tasks: 3, run: byHand.run }).take();
    await clock.advance(200);
    byHand.finish(0);
    await clock.advance(30);
    byHand.finish(1);
    const { head } = await clock.until(taken);
    expect(head.outcomes).toBe(2);
    expect(clock.now()).toBe(start + 250);
  });

  it("closes at once when nothing is left to wait for", async () => {
    const { head } = await given({ tasks: 3 }).take();
    expect(head).toMatchObject({ outcomes: 3, succeeded: 3, failed: 0 });
    expect(clock.now()).toBe(start);
  });

  it("closes at once when there was nothing to run", async () => {
    expect((await given({ tasks: 0 }).take()).head).toMatchObject({ outcomes: 0, running: 0 });
  });

  it("has one outcome when each task is to be durable on its own", async () => {
    const execution = given({ tasks: 5, plan: { durability: "task" } });
    const groups = await runToEnd(execution, clock);
    expect(groups.map(({ head }) => head.outcomes)).toEqual([1, 1, 1, 1, 1]);
  });

  it("takes failed attempts along, so that they are counted after a crash", async () => {
    const execution = given({ run: byHand.run, plan: { ...retried({ initialMs: 400 }) } });
    const taken = execution.take();
    await settled();
    byHand.fail(0);
    const { head } = await clock.until(taken);
    expect(head).toMatchObject({ outcomes: 0, running: 0, retrying: 1 });
    expect(head.retries).toEqual([
      { ...untried(0), attempts: 1, startedAt: start, spentMs: 0, readyAt: start + 400 },
    ]);
    expect(head.nextRetryAt).toBe(start + 400);
  });

  it("names what a task has cost", async () => {
    const execution = given({ tasks: 4, run: () => clock.sleep(30), window: 2 });
    const groups = await runToEnd(execution, clock);
    expect(groups.reduce((sum, { head }) => sum + head.taskMs, 0)).toBe(120);
    expect(outcomesOf(groups).map(({ durationMs }) => durationMs)).toEqual([30, 30, 30, 30]);
    expect(outcomesOf(groups).map(({ startedAt }) => startedAt! - start)).toEqual([0, 0, 30, 30]);
  });
});

describe("progress", () => {
  it("is in the next group, which is reported within a second", async () => {
    const execution = given({
      run: async (_, { progress }) => {
        await clock.sleep(10_200);
        progress("nearly");
        progress("there");
        await clock.sleep(10_000);
        progress("done");
      },
    });
    const groups = await runToEnd(execution, clock);
    const told = groups.filter(({ head }) => head.progress !== undefined);
    expect(told.map(({ head }) => head.progress)).toEqual(["there", "done"]);
    expect(told[0]!.head.report).toBe(true);
    expect(told[0]!.head.at - start).toBeLessThan(11_300);
  });

  it("is cut to what a job keeps, and nothing once the attempt has ended", async () => {
    let late: (text: string) => void = unheard;
    const execution = given({
      tasks: 2,
      window: 1,
      run: async ({ index }, { progress }) => {
        if (index === 1) return late("too late");
        late = progress;
        progress("x".repeat(5_000));
      },
    });
    const groups = await runToEnd(execution, clock);
    const told = groups.flatMap(({ head }) => head.progress ?? []);
    expect(told).toEqual(["x".repeat(1_000)]);
  });
});

describe("starting tasks", () => {
  it("hands an action its task", async () => {
    const seen: unknown[] = [];
    const execution = given({
      stage: 2,
      generation: 3,
      next: { stage: 3, action: "next" },
      tasks: [{ ...untried(7), parent: 4, origin: 1, attempts: 1 }],
      run: (task) => seen.push(task),
    });
    await runToEnd(execution, clock);
    expect(seen).toEqual([
      {
        jobId: "job",
        stage: 2,
        index: 7,
        taskId: "job/2/7",
        parent: "job/1/4",
        origin: 1,
        generation: 3,
        attempt: 2,
        action: "work",
        input: { item: 7 },
        next: {
          stage: 3,
          action: "next",
        },
      },
    ]);
  });

  it("never has more running than its window", async () => {
    await holdsAsync(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat({ max: 40 }), { maxLength: 60 }),
        async (window, durations) => {
          const own = new FakeClock();
          let running = 0;
          let most = 0;
          const run = async ({ index }: { index: number }) => {
            most = Math.max(most, (running += 1));
            await own.sleep(durations[index]!);
            running -= 1;
            if (durations[index]! % 3 === 0) throw new Error("again");
          };
          const tasks = durations.length;
          const plan = { ...retried({ initialMs: 5 }) };
          const execution = executionOf({ clock: own, tasks, window, run, plan });
          const outcomes = outcomesOf(await runToEnd(execution, own));
          expect(outcomes.map(({ index }) => index).sort((a, b) => a - b)).toEqual([
            ...durations.keys(),
          ]);
          expect(most).toBeLessThanOrEqual(window);
          if (tasks > 0) expect(most).toBeGreaterThan(0);
        },
      ),
      30,
    );
  });

  it("starts the next one as soon as one has ended", async () => {
    given({ tasks: 4, window: 2, run: byHand.run }).take().catch(unheard);
    await settled();
    expect(byHand.started).toEqual([0, 1]);
    byHand.finish(1);
    await settled();
    expect(byHand.started).toEqual([0, 1, 2]);
  });

  it("leaves slots that it will not need again to others", async () => {
    const execution = given({ tasks: 5, window: 3, run: byHand.run });
    let taken = execution.take();
    await settled();
    byHand.finish(0);
    expect((await clock.until(taken)).head).not.toHaveProperty("released");
    taken = execution.take();
    byHand.finish(1);
    byHand.finish(2);
    await settled();
    byHand.finish(3);
    expect((await clock.until(taken)).head).toMatchObject({ running: 1, released: 2 });
  });

  it("starts others when all tasks that end together have ended", async () => {
    void given({ tasks: 200, window: 100, run: byHand.run }).take();
    for (let index = 0; index < 100; index += 1) byHand.finish(index);
    for (let tick = 0; tick < 100; tick += 1) await Promise.resolve();
    expect(byHand.started).toHaveLength(100);
    await settled();
    expect(byHand.started).toHaveLength(200);
  });

  it("gives other work a turn between many short tasks", async () => {
    let turns = 0;
    let isRunning = true;
    const turn = () => {
      turns += 1;
      if (isRunning) setImmediate(turn);
    };
    const execution = given({ tasks: 400, window: 400, run: () => clock.pass(1) });
    setImmediate(turn);
    await runToEnd(execution, clock);
    isRunning = false;
    expect(turns).toBeGreaterThan(20);
  });
});

describe("retrying", () => {
  it("waits longer from attempt to attempt", async () => {
    const startedAt: number[] = [];
    const run = () => {
      startedAt.push(clock.now() - start);
      throw new Error("again");
    };
    const plan = retried({ maxAttempts: 5, initialMs: 100, factor: 3, maxMs: 500 });
    const [outcome] = outcomesOf(await runToEnd(given({ run, plan }), clock));
    expect(startedAt).toEqual([0, 100, 400, 900, 1_400]);
    expect(outcome).toMatchObject({ status: "FAILED", attempts: 5, startedAt: start });
  });

  it("counts attempts for the action, and tells how many it took", async () => {
    const attempts: number[] = [];
    const run = ({ attempt }: { attempt: number }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error("again");
      return attempt;
    };
    const [outcome] = outcomesOf(await runToEnd(given({ run }), clock));
    expect(attempts).toEqual([1, 2, 3]);
    expect(outcome).toMatchObject({ status: "SUCCEEDED", attempts: 3, result: 3 });
  });

  it("goes on from the attempts of an earlier execution", async () => {
    const tasks = [{ ...untried(0), attempts: 2, readyAt: start + 700, startedAt: 5, spentMs: 10 }];
    const [outcome] = outcomesOf(await runToEnd(given({ tasks, run: fails("no") }), clock));
    expect(outcome).toMatchObject({ attempts: 3, startedAt: 5, durationMs: 10 });
    expect(clock.now()).toBeGreaterThanOrEqual(start + 700);
  });

  it("waits as long as the error asks for", async () => {
    const startedAt: number[] = [];
    const run = () => {
      startedAt.push(clock.now() - start);
      throw new RetryableError("busy", { retryAfter: "3s", code: "BUSY" });
    };
    const plan = retried({ maxAttempts: 2 });
    const [outcome] = outcomesOf(await runToEnd(given({ run, plan }), clock));
    expect(startedAt).toEqual([0, 3_000]);
    expect(outcome!.error).toMatchObject({ code: "BUSY", message: "busy" });
  });

  it("does not try again after a terminal error", async () => {
    const run = () => {
      throw new TerminalError("never", { code: "NEVER" });
    };
    const [outcome] = outcomesOf(await runToEnd(given({ run }), clock));
    expect(outcome).toMatchObject({ status: "FAILED", attempts: 1, error: { code: "NEVER" } });
  });

  it("holds no slot while it waits", async () => {
    given({ tasks: 2, window: 1, run: byHand.run }).take().catch(unheard);
    await settled();
    byHand.fail(0);
    await settled();
    expect(byHand.running).toEqual([1]);
  });

  it("tries all again at once, though none ran meanwhile", async () => {
    const again: number[] = [];
    const run: ActionOptions<unknown, unknown>["run"] = async ({ attempt }) => {
      if (attempt === 2) again.push(clock.now());
      await clock.sleep(20);
      if (attempt === 1) throw new Error("not yet");
    };
    await runToEnd(given({ tasks: 60, window: 30, run, plan: retried({ initialMs: 200 }) }), clock);
    expect(again).toHaveLength(60);
    expect(Math.max(...again) - Math.min(...again)).toBeLessThan(100);
  });

  it("keeps no slot for tasks that wait for long", async () => {
    const run = () => {
      throw new RetryableError("later", { retryAfter: "1m" });
    };
    const execution = given({ tasks: 30, window: 30, run, plan: retried({ maxAttempts: 2 }) });
    const { head } = await clock.until(execution.take());
    expect(head).toMatchObject({ retrying: 30, released: 30 });
    execution.stop();
  });

  it("starts each retry when it is due, however the others stand", async () => {
    const startedAt: number[] = [];
    const first = [300, 300];
    const run = async ({ index, attempt }: { index: number; attempt: number }) => {
      if (index === 1 && attempt === 2) startedAt.push(clock.now() - start);
      await clock.sleep(attempt === 1 ? first[index]! : 10);
      if (attempt === 1) throw new Error("again");
    };
    // Task 0 is due at 500 and has to wait for the slot; task 1 fails at 600 and is due at 800.
    await runToEnd(given({ tasks: 2, window: 1, run, plan: retried({ factor: 1 }) }), clock);
    expect(startedAt).toEqual([800]);
  });

  it("gives every task its outcome however long its backoff grows", async () => {
    const retry = { maxAttempts: 200, initialMs: 0, maxMs: 0, factor: 100, jitter: true };
    const groups = await runToEnd(given({ run: fails("no"), plan: { retry } }), clock);
    expect(outcomesOf(groups)).toMatchObject([{ status: "FAILED", attempts: 200 }]);
  });
});

describe("a timeout", () => {
  const plan = { timeoutMs: 1_000, graceMs: 300, ...once };

  it("aborts the signal, and takes the answer that follows as a time-out", async () => {
    const run = async (_: unknown, { signal }: { signal: AbortSignal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return "made it";
    };
    const groups = await runToEnd(given({ run, plan }), clock);
    expect(outcomesOf(groups)).toMatchObject([
      { status: "FAILED", error: { code: "TASK_TIMEOUT" }, durationMs: 1_000 },
    ]);
  });

  it("gives up on code that ignores its signal after the grace", async () => {
    const groups = await runToEnd(given({ run: () => new Promise(() => {}), plan }), clock);
    expect(outcomesOf(groups)).toMatchObject([
      { status: "FAILED", error: { code: "TASK_TIMEOUT" }, durationMs: 1_300 },
    ]);
  });

  it("is of one attempt: the task is tried again", async () => {
    const retry = { ...once.retry, maxAttempts: 3 };
    const execution = given({ run: () => new Promise(() => {}), plan: { ...plan, retry } });
    const [outcome] = outcomesOf(await runToEnd(execution, clock));
    expect(outcome).toMatchObject({ attempts: 3, durationMs: 3_900 });
  });

  it("leaves tasks alone that end in time", async () => {
    const run = () => clock.sleep(999);
    const groups = await runToEnd(given({ tasks: 5, window: 1, run, plan }), clock);
    expect(outcomesOf(groups).map(({ status }) => status)).toEqual(Array(5).fill("SUCCEEDED"));
  });

  it("comes to each task in its own time", async () => {
    const run = async ({ index }: { index: number }) => clock.sleep(index === 0 ? 600 : 5_000);
    const groups = await runToEnd(given({ tasks: 3, window: 2, run, plan }), clock);
    const byIndex = outcomesOf(groups).sort((a, b) => a.index - b.index);
    expect(byIndex.map(({ durationMs }) => durationMs)).toEqual([600, 1_300, 1_300]);
    expect(byIndex.map(({ startedAt }) => startedAt! - start)).toEqual([0, 0, 600]);
  });

  it("blames what a listener of the signal throws on its own task", async () => {
    let blamed: string | undefined;
    const run = (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          blamed = currentCode.getStore()?.name;
          reject(new Error("stopped"));
        });
      });
    await runToEnd(given({ run, plan }), clock);
    expect(blamed).toBe("job/0/0");
  });

  it("leaves no alarm behind", async () => {
    await runToEnd(given({ tasks: 10, run: () => clock.sleep(10), plan }), clock);
    expect(clock.alarms).toBe(0);
  });
});

describe("back-pressure", () => {
  it("starts nothing while more outcomes than 500 are not durable", async () => {
    let started = 0;
    const execution = given({ tasks: 5_000, window: 10, run: () => void (started += 1) });
    await execution.take();
    await settled();
    // 500 are being made durable; as soon as one more has ended, nothing starts any more.
    expect(started).toBeLessThanOrEqual(500 + 1 + 10);
    const before = started;
    await clock.advance(1_000);
    expect(started).toBe(before);
    await execution.take();
    await settled();
    expect(started).toBeGreaterThan(before);
  });

  it("lets a wide window fill first", async () => {
    let started = 0;
    const run = () => {
      started += 1;
      return clock.sleep(10);
    };
    given({ tasks: 5_000, window: 2_000, run }).take().catch(unheard);
    await settled();
    expect(started).toBe(2_000);
  });

  it("starts nothing while an outcome is not durable after 5 seconds", async () => {
    const execution = given({
      tasks: 100,
      window: 1,
      run: () => clock.sleep(1_000),
      lastKnown: 99,
    });
    expect((await clock.until(execution.take())).head.introduces).toBe(true);
    expect((await clock.until(execution.take())).head.outcomes).toBe(1);
    await clock.advance(20_000);
    const { head } = await execution.take();
    expect(head.outcomes).toBeGreaterThanOrEqual(4);
    expect(head.outcomes).toBeLessThanOrEqual(6);
  });

  it("goes on once everything is durable", async () => {
    const execution = given({ tasks: 40, window: 4, run: () => clock.sleep(100), lastKnown: 99 });
    const groups = await runToEnd(execution, clock, { commitMs: 8_000 });
    expect(outcomesOf(groups)).toHaveLength(40);
  });
});

describe("the slice of a chunk", () => {
  it("is five seconds: then tasks that were not started go back", async () => {
    const execution = given({ tasks: 50, window: 2, run: () => clock.sleep(1_200) });
    const groups = await runToEnd(execution, clock);
    const returned = groups.flatMap(({ head }) => head.returnedFrom ?? []);
    expect(returned).toEqual([10]);
    expect(outcomesOf(groups).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(clock.now()).toBe(start + 6_000);
  });

  it("reports at once what went back", async () => {
    const execution = given({ tasks: 50, window: 2, run: () => clock.sleep(1_200) });
    const groups = await runToEnd(execution, clock);
    const group = groups.find(({ head }) => head.returnedFrom !== null)!;
    expect(group.head).toMatchObject({ report: true, at: start + 5_000 });
  });

  it("keeps tasks that wait for a retry", async () => {
    const run = () => {
      throw new RetryableError("later", { retryAfter: "20s" });
    };
    const execution = given({ tasks: 3, run, plan: retried({ maxAttempts: 2 }) });
    const groups = await runToEnd(execution, clock);
    expect(groups.every(({ head }) => head.returnedFrom === null)).toBe(true);
    expect(outcomesOf(groups)).toHaveLength(3);
  });

  it("gives nothing back that an earlier execution may have started", async () => {
    const run = () => clock.sleep(1_200);
    const groups = await runToEnd(given({ tasks: 20, window: 2, run, lastKnown: 15 }), clock);
    expect(groups.flatMap(({ head }) => head.returnedFrom ?? [])).toEqual([16]);
    expect(outcomesOf(groups)).toHaveLength(16);
  });

  it("never gives back what it must keep", async () => {
    const run = () => clock.sleep(1_200);
    const lastKnown = Number.POSITIVE_INFINITY;
    const groups = await runToEnd(given({ tasks: 20, window: 2, run, lastKnown }), clock);
    expect(outcomesOf(groups)).toHaveLength(20);
  });
});

describe("a chunk under limiters", () => {
  const rate = { concurrency: null, rate: { tasks: 100, perMs: 1_000 } };
  const limiters = [{ kind: "rate", key: "stage", limits: rate, version: 0 }] as const;

  it("starts nothing before it was granted anything", async () => {
    const execution = given({ tasks: 3, run: byHand.run, limiters });
    const { head } = await clock.until(execution.take());
    expect(head).toMatchObject({ heldBy: "rate", ask: { starts: 3, limiters } });
    expect(clock.now()).toBe(start);
    execution.granted({ limiters, slots: null, starts: [starts(2)], againInMs: 200 });
    await settled();
    expect(byHand.started).toEqual([0, 1]);
    const { head: next } = await clock.until(execution.take());
    expect(next).toMatchObject({ heldBy: "rate", ask: { needs: 2, starts: 1 } });
    expect(clock.now()).toBe(start + 200);
  });

  it("asks nothing and says nothing of it without limiters", async () => {
    const { head } = await given({ tasks: 3 }).take();
    expect(head).not.toHaveProperty("ask");
    expect(head).not.toHaveProperty("heldBy");
  });

  it("uses a start for each attempt, retries too", async () => {
    const execution = given({ run: byHand.run, limiters, plan: retried({ initialMs: 10 }) });
    await clock.until(execution.take());
    execution.granted({ limiters, slots: null, starts: [starts(1)], againInMs: 200 });
    await settled();
    byHand.fail(0);
    await clock.advance(5_000);
    expect(byHand.started).toEqual([0]);
    execution.granted({ limiters, slots: null, starts: [starts(1)], againInMs: 200 });
    await settled();
    expect(byHand.started).toEqual([0, 0]);
  });

  it("asks for a start as soon as a retry is due", async () => {
    const execution = await withRetryIn(300);
    const { head } = await clock.until(execution.take());
    expect(head).toMatchObject({ ask: { starts: 1 }, retrying: 1 });
    expect(clock.now()).toBe(start + 300);
  });

  it("asks for none while it is paused", async () => {
    const execution = await withRetryIn(300);
    execution.direct({ type: "pause" });
    for (let groups = 0; groups < 3; groups += 1) {
      const { head } = await clock.until(execution.take());
      expect(head).not.toHaveProperty("ask");
    }
    expect(clock.now()).toBeGreaterThan(start + 1_000);
  });

  it("keeps its tasks for a minute if it could start none of them", async () => {
    const execution = given({ tasks: 3, limiters });
    const returned = async () => {
      for (;;) {
        const { head } = await execution.take();
        if (head.returnedFrom !== null) return head;
        if (head.ask)
          execution.granted({ limiters, slots: null, starts: [starts(0)], againInMs: 1_000 });
      }
    };
    expect(await clock.until(returned())).toMatchObject({ returnedFrom: 0, at: start + 60_000 });
  });

  it("gives tasks back after five seconds if it could start some", async () => {
    const execution = given({ tasks: 3, limiters });
    let left = 1;
    const returned = async () => {
      for (;;) {
        const { head } = await execution.take();
        if (head.returnedFrom !== null) return head;
        if (!head.ask) continue;
        execution.granted({ limiters, slots: null, starts: [starts(left)], againInMs: 1_000 });
        left = 0;
      }
    };
    expect(await clock.until(returned())).toMatchObject({ returnedFrom: 1, at: start + 5_000 });
  });

  it("reports when it has starts for all that waits, and keeps only the slots for it", async () => {
    const execution = given({ tasks: 6, window: 50, run: byHand.run, limiters });
    await clock.until(execution.take());
    execution.granted({ limiters, slots: null, starts: [starts(2)], againInMs: 200 });
    const { head } = await clock.until(execution.take());
    expect(head).toMatchObject({ report: false });
    expect(head).not.toHaveProperty("released");
    execution.granted({
      limiters,
      slots: null,
      starts: [{ ...starts(9), inMs: 100 }],
      againInMs: 200,
    });
    byHand.finish(0);
    const next = await clock.until(execution.take());
    expect(next.head).toMatchObject({ report: true, running: 1, released: 45 });
  });

  const starts = (count: number) => ({ inMs: 0, everyMs: 0, count });

  /** One whose only task has failed, which is durable. */
  async function withRetryIn(initialMs: number): Promise<Execution> {
    const execution = given({ run: byHand.run, limiters, plan: retried({ initialMs }) });
    await clock.until(execution.take());
    execution.granted({ limiters, slots: null, starts: [starts(1)], againInMs: 100 });
    await settled();
    byHand.fail(0);
    await clock.until(execution.take());
    return execution;
  }
});

describe("the bulk of a chunk", () => {
  it("gives tasks back after 16 MiB of results", async () => {
    const run = () => "x".repeat(MIB - 2);
    const groups = await runToEnd(given({ tasks: 60, window: 1, run }), clock);
    const returned = groups.flatMap(({ head }) => head.returnedFrom ?? []);
    expect(returned).toHaveLength(1);
    expect(returned[0]).toBeGreaterThan(15);
    expect(returned[0]).toBeLessThan(25);
    expect(outcomesOf(groups)).toHaveLength(returned[0]!);
  });

  it.each(["x", "漢"])(
    "reports before more than can be sent waits for it, written with %s",
    async (letter) => {
      const run = () => letter.repeat((MIB - 2) / Buffer.byteLength(letter));
      const lastKnown = Number.POSITIVE_INFINITY;
      const groups = await runToEnd(given({ tasks: 60, window: 1, run, lastKnown }), clock);
      let waiting = 0;
      for (const { head, lines } of groups) {
        waiting += Buffer.byteLength(lines.join("\n"));
        expect(waiting).toBeLessThan(24 * MIB);
        if (head.report) waiting = 0;
      }
    },
  );
});

describe("the room of the next stage", () => {
  const next = { stage: 1, action: "next" };
  const room = { items: Infinity, bytes: Infinity, tasks: Infinity };

  it.each([
    ["items", { items: 3 }, (index: number) => index, "BACKLOG_FULL"],
    ["bytes", { bytes: 3_000 }, () => "x".repeat(900), "BACKLOG_FULL"],
    ["tasks", { tasks: 10 }, () => emit(null, { tasks: 3 }), "FANOUT_TOO_LARGE"],
  ])("fails tasks that pass on more %s than it has", async (_, limit, result, code) => {
    const run = ({ index }: { index: number }) => result(index);
    const setting = { tasks: 5, window: 1, next, room: { ...room, ...limit }, run };
    const outcomes = outcomesOf(await runToEnd(given(setting), clock));
    expect(outcomes.map(({ error }) => error?.code)).toEqual([
      ...Array<undefined>(3).fill(undefined),
      ...Array<string>(2).fill(code),
    ]);
    expect(outcomes[4]).toMatchObject({ status: "FAILED", emitted: 0, attempts: 1 });
  });

  it("is no matter in the last stage", async () => {
    const execution = given({ tasks: 5, room: { items: 0, bytes: 0, tasks: 0 } });
    const outcomes = outcomesOf(await runToEnd(execution, clock));
    expect(outcomes.every(({ status }) => status === "SUCCEEDED")).toBe(true);
  });

  it("is not used by tasks that pass nothing on", async () => {
    const none = { items: 0, bytes: 0, tasks: 0 };
    const run = () => emit("x".repeat(500), null);
    const outcomes = outcomesOf(await runToEnd(given({ tasks: 5, next, room: none, run }), clock));
    expect(outcomes.every(({ status }) => status === "SUCCEEDED")).toBe(true);
  });
});

describe("a chunk that lasts", () => {
  /** When it is introduced to the job, in milliseconds since it began. */
  async function introductions(setting: Parameters<typeof given>[0]): Promise<number[]> {
    const begunAt = clock.now();
    const groups = await runToEnd(given(setting), clock);
    return groups.filter(({ head }) => head.introduces).map(({ head }) => head.at - begunAt);
  }

  it("is introduced to the job after half a second, once", async () => {
    expect(await introductions({ tasks: 3, run: () => clock.sleep(2_500) })).toEqual([500]);
    const run = () => clock.sleep(10);
    const [at, ...others] = await introductions({ tasks: 90, window: 1, run });
    expect(at).toBeGreaterThanOrEqual(500);
    expect(at).toBeLessThan(600);
    expect(others).toEqual([]);
  });

  it("is not if it has ended, or reported, before that, or an earlier attempt was", async () => {
    const run = () => clock.sleep(400);
    const known = { tasks: 3, isIntroduced: true, run: () => clock.sleep(2_500) };
    expect(await introductions(known)).toEqual([]);
    expect(await introductions({ tasks: 3, run })).toEqual([]);
    const next = { stage: 1, action: "next" };
    const eager = { tasks: 3, window: 1, next, isEager: true, run };
    expect(await introductions(eager)).toEqual([]);
  });
});

describe("a beat", () => {
  it("comes every second at first, then every tenth of the chunk's age, at most every 30 s", async () => {
    const run = () => clock.sleep(2_000_000);
    const plan = { timeoutMs: 3_000_000 };
    const groups = await runToEnd(given({ run, plan }), clock);
    const beats = groups.filter(({ head }) => head.report).map(({ head }) => head.at - start);
    const gaps = beats.map((at, number) => at - (beats[number - 1] ?? 0));
    expect(gaps.slice(0, 8)).toEqual(Array(8).fill(1_000));
    expect(Math.max(...gaps)).toBe(30_000);
    expect(gaps.at(-2)).toBe(30_000);
    for (const [number, gap] of gaps.slice(0, -1).entries()) {
      const age = beats[number - 1] ?? 0;
      expect(gap).toBeCloseTo(Math.min(30_000, Math.max(1_000, age / 10)), -1);
    }
  });

  it("says what is running and retrying", async () => {
    const execution = given({
      tasks: 3,
      window: 3,
      run: byHand.run,
      plan: retried({ initialMs: 9_000 }),
    });
    const taken = execution.take();
    await settled();
    byHand.fail(1);
    await clock.until(taken);
    await clock.until(execution.take());
    const { head } = await clock.until(execution.take());
    expect(head).toMatchObject({ report: true, outcomes: 0, running: 2, retrying: 1 });
    expect(head.at).toBe(start + 1_000);
  });

  it("is brought forward by the first outcome that feeds a waiting stage", async () => {
    const next = { stage: 1, action: "next" };
    const groups = await runToEnd(
      given({ tasks: 3, window: 1, next, isEager: true, run: () => clock.sleep(60) }),
      clock,
    );
    expect(groups.map(({ head }) => head.report)).toEqual([true, false, false]);
  });

  it("is not brought forward by an outcome that passes nothing on", async () => {
    const next = { stage: 1, action: "next" };
    const run = async ({ index }: { index: number }) => {
      await clock.sleep(60);
      return emit(index, index === 1 ? { tasks: 1 } : null);
    };
    const groups = await runToEnd(given({ tasks: 3, window: 1, next, isEager: true, run }), clock);
    expect(groups.map(({ head }) => head.report)).toEqual([false, true, false]);
  });
});

describe("stop", () => {
  it("aborts the signals of running tasks and starts nothing more", async () => {
    const execution = given({ tasks: 5, window: 2, run: byHand.run });
    execution.take().catch(unheard);
    await settled();
    execution.stop();
    expect([...byHand.signals.values()].map(({ aborted }) => aborted)).toEqual([true, true]);
    byHand.finishAll();
    await clock.advance(60_000);
    expect(byHand.started).toEqual([0, 1]);
  });

  it("lets nothing come of tasks that end after it", async () => {
    const execution = given({ tasks: 2, window: 2, run: byHand.run });
    const taken = execution.take();
    await settled();
    execution.stop();
    byHand.finish(0);
    byHand.fail(1);
    await clock.advance(60_000);
    const late = await Promise.race([taken, settled().then(() => null)]);
    expect(late?.head.outcomes ?? 0).toBe(0);
  });

  it("starts no retry", async () => {
    const execution = given({ run: byHand.run });
    execution.take().catch(unheard);
    await settled();
    byHand.fail(0);
    await settled();
    execution.stop();
    await clock.advance(60_000);
    expect(byHand.started).toEqual([0]);
  });
});

// --- internal ---

/** An execution that is stopped when its test has ended. */
function given(setting: Omit<Parameters<typeof executionOf>[0], "clock">): Execution {
  const execution = executionOf({ ...setting, clock });
  executions.push(execution);
  return execution;
}

/** A plan with retries, without jitter. */
function retried(retry: Partial<RetryPlan>) {
  return { retry: { ...stagePlan().retry, ...retry } };
}

function fails(message: string) {
  return () => {
    throw new Error(message);
  };
}

const unheard = () => undefined;

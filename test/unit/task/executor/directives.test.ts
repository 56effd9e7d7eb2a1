import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RetryableError } from "../../../../services/actions.ts";
import type { Directive } from "../../../../services/task/directive.ts";
import { admission } from "../../../../services/task/executor/admission.ts";
import type { Execution } from "../../../../services/task/executor/execution.ts";
import type { Group } from "../../../../services/task/executor/group.ts";
import { ByHand, executionOf, outcomesOf, untried } from "../../support/executions.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";
import { perSecond, yieldTo } from "../../support/limiters.ts";
import { stagePlan } from "../../support/plans.ts";
import { holdsAsync } from "../../support/property.ts";

const stop: Directive = { type: "stop", reason: "enough" };
const pause: Directive = { type: "pause" };
const giveWay = yieldTo();
const nothingReturns = { lastKnown: Number.POSITIVE_INFINITY };

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

describe("every directive", () => {
  it.each([stop, pause, giveWay])("is answered at once: $type", async (directive) => {
    const { taken } = await begun({ tasks: 5, window: 2 }, directive);
    const { head } = await taken;
    expect(head).toMatchObject({ report: true, running: 2 });
    expect(head.returnedFrom).toBe(2);
    expect(clock.now()).toBe(start);
  });

  it("is answered by the next group when none is waited for", async () => {
    const { execution, taken } = await begun({ tasks: 2, window: 2 });
    byHand.finish(0);
    await clock.until(taken);
    execution.direct(pause);
    expect((await execution.take()).head).toMatchObject({ report: true, running: 1 });
  });
});

describe("yield", () => {
  it("lets running tasks go on and gives the others back", async () => {
    const { execution, taken } = await begun({ tasks: 5, window: 2 }, giveWay);
    byHand.finishAll();
    const groups = await rest(execution, taken);
    expect(outcomesOf(groups).map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect(byHand.started).toEqual([0, 1]);
  });

  it("runs those that an earlier attempt may have started", async () => {
    const { execution, taken } = await begun({ tasks: 6, window: 1, lastKnown: 3 }, giveWay);
    expect((await taken).head.returnedFrom).toBe(4);
    execution.take().catch(unheard);
    for (const index of [0, 1, 2, 3]) {
      byHand.finish(index);
      await settled();
    }
    expect(byHand.started).toEqual([0, 1, 2, 3]);
  });

  it("lets retries go on", async () => {
    const { execution } = await begun({ tasks: 1 });
    byHand.fail(0);
    await settled();
    execution.direct(giveWay);
    await clock.advance(1_000);
    expect(byHand.started).toEqual([0, 0]);
  });
});

describe("yield to a rate that the stage did not have", () => {
  const paced = yieldTo({ rate: perSecond(5) });
  const limiters = [{ kind: "rate", limits: { rate: perSecond(5) } }];

  it("starts retries when they are granted, also after a pause", async () => {
    const { execution } = await begun({ tasks: 1 });
    byHand.fail(0);
    await settled();
    for (const directive of [paced, pause, paced]) execution.direct(directive);
    await clock.advance(5_000);
    expect(byHand.started).toEqual([0]);
    const { ask } = (await execution.take()).head;
    expect(ask).toMatchObject({ limiters, starts: 1 });
    const starts = [{ inMs: 30, everyMs: 200, count: 1 }];
    execution.granted({ limiters: ask!.limiters, slots: null, starts, againInMs: 200 });
    expect(byHand.started).toEqual([0]);
    await clock.advance(30);
    expect(byHand.started).toEqual([0, 0]);
  });

  it("holds in an attempt that finds it", async () => {
    const tried = { ...untried(0), attempts: 1, readyAt: start };
    const { execution } = given({ tasks: [tried], directive: paced });
    const { head } = await execution.take();
    expect(head).toMatchObject({ heldBy: "rate", ask: { limiters } });
    expect(byHand.started).toEqual([]);
  });
});

describe("pause", () => {
  it("starts no retry until it makes way, and beats go on", async () => {
    const { execution, taken } = await begun({ tasks: 1 });
    byHand.fail(0);
    await settled();
    execution.direct(pause);
    expect((await taken).head).toMatchObject({ retrying: 1, running: 0 });
    const { head } = await clock.until(execution.take());
    expect(head).toMatchObject({ report: true, retrying: 1, at: start + 1_000 });
    await clock.advance(60_000);
    expect(byHand.started).toEqual([0]);
    execution.direct(giveWay);
    expect(byHand.started).toEqual([0, 0]);
  });

  it("starts none of those that it must keep until it makes way", async () => {
    const { execution } = await begun({ tasks: 3, window: 1, ...nothingReturns }, pause);
    byHand.finish(0);
    await clock.advance(3_000);
    expect(byHand.started).toEqual([0]);
    execution.direct(giveWay);
    expect(byHand.started).toEqual([0, 1]);
  });

  it("lets running attempts end as they do", async () => {
    const { execution } = await begun({ tasks: 2 }, pause);
    byHand.finish(0);
    byHand.fail(1);
    await settled();
    const { head } = await clock.until(execution.take());
    expect(head).toMatchObject({ succeeded: 1, cancelled: 0, running: 0, retrying: 1 });
    expect([...byHand.signals.values()].some(({ aborted }) => aborted)).toBe(false);
  });

  it("starts nothing in an attempt that finds it", async () => {
    const { execution } = given({ tasks: 3, lastKnown: 0 });
    execution.direct(pause);
    expect((await execution.take()).head.returnedFrom).toBe(1);
    await clock.advance(60_000);
    expect(byHand.started).toEqual([]);
  });
});

describe("stop", () => {
  it("tells running tasks why, and takes what they do then", async () => {
    const { execution, taken } = await begun({ tasks: 2 }, stop);
    const [reason] = [...byHand.signals.values()].map(({ reason: said }) => said as unknown);
    expect(reason).toEqual(new Error("enough"));
    byHand.finish(0, "done all the same");
    byHand.fail(1);
    const [ended, ...others] = outcomesOf(await rest(execution, taken));
    expect(ended).toMatchObject({ status: "SUCCEEDED", result: "done all the same" });
    expect(others).toMatchObject([
      {
        index: 1,
        status: "CANCELLED",
        error: { code: "CANCELLED", message: "enough" },
        input: { item: 1 },
        attempts: 1,
        startedAt: start,
        durationMs: 0,
      },
    ]);
    expect(byHand.started).toEqual([0, 1]);
  });

  it("gives up on code that ignores its signal after the grace", async () => {
    const { execution, taken } = await begun({ tasks: 2, plan: { graceMs: 300 } });
    await clock.advance(100);
    execution.direct(stop);
    const groups = await rest(execution, taken);
    expect(outcomesOf(groups)).toMatchObject([
      { status: "CANCELLED", attempts: 1, durationMs: 400 },
      { status: "CANCELLED", attempts: 1, durationMs: 400 },
    ]);
    expect(clock.alarms).toBe(0);
  });

  it("does not wait longer for an attempt that had timed out before", async () => {
    const plan = { timeoutMs: 1_000, graceMs: 500 };
    const { execution, taken } = await begun({ tasks: 1, plan });
    await clock.advance(1_300);
    execution.direct(stop);
    const [outcome] = outcomesOf(await rest(execution, taken));
    expect(outcome).toMatchObject({ status: "CANCELLED", durationMs: 1_500 });
  });

  it("ends tasks that wait for a retry at once", async () => {
    const run = () => {
      throw new RetryableError("later", { retryAfter: "1h" });
    };
    const { taken } = await begun({ tasks: 2, run }, stop);
    expect((await taken).head).toMatchObject({ cancelled: 2, retrying: 0, nextRetryAt: null });
    expect(outcomesOf([await taken])).toMatchObject([
      { status: "CANCELLED", attempts: 1, startedAt: start, durationMs: 0 },
      { status: "CANCELLED", attempts: 1, startedAt: start, durationMs: 0 },
    ]);
    expect(clock.now()).toBe(start);
  });

  it("ends what an earlier attempt may have started without starting it", async () => {
    const tried = { ...untried(1), attempts: 2, readyAt: start, startedAt: 5, spentMs: 7 };
    const { execution } = given({
      tasks: [untried(0), tried, untried(2), untried(3)],
      lastKnown: 1,
      stage: 1,
      next: { stage: 2, action: "next" },
    });
    execution.direct(stop);
    const group = await execution.take();
    expect(group.head).toMatchObject({ report: true, returnedFrom: 2, cancelled: 2 });
    expect(outcomesOf([group])).toMatchObject([
      { index: 0, attempts: 0, startedAt: null, durationMs: null, emitted: 0 },
      { index: 1, attempts: 2, startedAt: 5, durationMs: 7, emitted: 0 },
    ]);
    expect(byHand.started).toEqual([]);
  });

  it("ends all of a group of suspects, also one that runs", async () => {
    const setting = { tasks: 3, window: 1, isSuspect: true, ...nothingReturns };
    const { execution, taken } = await begun(setting, stop);
    byHand.fail(0);
    const groups = await rest(execution, taken);
    expect(groups.every(({ head }) => head.returnedFrom === null)).toBe(true);
    expect(outcomesOf(groups).map(({ status }) => status)).toEqual(Array(3).fill("CANCELLED"));
    expect(byHand.started).toEqual([0]);
  });

  it("works while others are held back", async () => {
    const held = await admission.hold(0);
    try {
      const { taken } = await begun({ tasks: 3, lastKnown: 0 }, stop);
      expect((await taken).head).toMatchObject({ cancelled: 1, returnedFrom: 1 });
    } finally {
      held!.release();
    }
  });

  it("works however many tasks there are", async () => {
    const { execution, taken } = await begun(
      { tasks: 4_000, window: 2_000, ...nothingReturns },
      stop,
    );
    for (const index of byHand.running) byHand.fail(index);
    const groups = await rest(execution, taken);
    expect(outcomesOf(groups)).toHaveLength(4_000);
    expect(groups.reduce((sum, { head }) => sum + head.cancelled, 0)).toBe(4_000);
    expect(byHand.started).toHaveLength(2_000);
  });

  it("is for good: nothing that comes later changes it", async () => {
    const { execution, taken } = await begun({ tasks: 1 }, stop);
    for (const later of [giveWay, pause, giveWay, { type: "stop", reason: "more" } as const]) {
      execution.direct(later);
    }
    byHand.fail(0);
    const groups = await rest(execution, taken);
    expect(outcomesOf(groups)).toMatchObject([
      { status: "CANCELLED", error: { message: "enough" } },
    ]);
  });
});

type Happening =
  | { do: "direct"; directive: Directive }
  | { do: "end"; which: number; ok: boolean }
  | { do: "wait"; ms: number };

const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("direct" as const),
        directive: fc.constantFrom(stop, pause, pause, giveWay, giveWay),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant("end" as const), which: fc.nat(), ok: fc.boolean() }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat({ max: 3_000 }) }),
    },
  ),
  { maxLength: 40 },
);

describe("whatever comes in whichever order", () => {
  it("ends each task once or gives it back once, and starts nothing after a pause or a stop", async () => {
    await holdsAsync(
      fc.asyncProperty(
        happenings,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: -1, max: 12 }),
        async (script, tasks, window, lastKnown) => {
          const own = new FakeClock();
          const hand = new ByHand();
          const execution = executionOf({
            clock: own,
            run: hand.run,
            tasks,
            window,
            lastKnown,
            plan: { graceMs: 700, retry: { ...stagePlan().retry, maxAttempts: 3 } },
          });
          const groups: Group[] = [];
          const open = new Set(Array.from({ length: tasks }, (_, at) => at));
          const leaves = (index: number) => expect(open.delete(index)).toBe(true);
          const commits = async () => {
            while (open.size > 0) {
              const group = await execution.take();
              groups.push(group);
              for (const { index } of outcomesOf([group])) leaves(index);
              const from = group.head.returnedFrom ?? Infinity;
              for (let index = from; index < tasks; index += 1) leaves(index);
            }
          };
          const done = commits();
          done.catch(unheard);
          let directive: Directive = giveWay;
          for (const happening of [...script, { do: "direct", directive: giveWay } as const]) {
            const before = hand.started.length;
            if (happening.do === "direct") {
              execution.direct(happening.directive);
              if (directive.type !== "stop") directive = happening.directive;
            } else if (happening.do === "wait") {
              await own.advance(happening.ms);
            } else if (hand.running.length > 0) {
              const index = hand.running[happening.which % hand.running.length]!;
              if (happening.ok) hand.finish(index);
              else hand.fail(index);
            }
            await settled();
            if (directive.type === "stop" || directive.type === "pause") {
              expect(hand.started.length).toBe(before);
            }
          }
          for (let round = 0; open.size > 0 && round < 100; round += 1) {
            hand.finishAll();
            await own.advance(1_000);
          }
          await done;
          execution.stop();
          expect(open.size).toBe(0);
          const returns = groups.filter(({ head }) => head.returnedFrom !== null);
          expect(returns.length).toBeLessThanOrEqual(1);
          const last = groups.at(-1)!.head;
          expect({ running: last.running, retrying: last.retrying }).toEqual({
            running: 0,
            retrying: 0,
          });
        },
      ),
      200,
    );
  });
});

// --- internal ---

type Setting = Omit<Parameters<typeof executionOf>[0], "clock">;

/** An execution by hand, which is let go when its test has ended. */
function given(setting: Setting) {
  const execution = executionOf({ run: byHand.run, ...setting, clock });
  executions.push(execution);
  return { execution };
}

/** The same, begun, with its first group waited for; then it is told what to do. */
async function begun(setting: Setting, directive?: Directive) {
  const { execution } = given(setting);
  const taken = execution.take();
  taken.catch(unheard);
  await settled();
  if (directive) execution.direct(directive);
  return { execution, taken };
}

/** All groups until nothing runs or waits any more. */
async function rest(execution: Execution, first: Promise<Group>): Promise<Group[]> {
  const groups = [await clock.until(first)];
  const isAtWork = ({ head }: Group) => head.running + head.retrying > 0 || head.outcomes === 500;
  while (isAtWork(groups.at(-1)!)) groups.push(await clock.until(execution.take()));
  execution.stop();
  return groups;
}

const unheard = () => undefined;

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RetryableError } from "../../../../services/actions.ts";
import { SOURCE } from "../../../../services/contract/task.ts";
import type { Execution } from "../../../../services/task/executor/execution.ts";
import type { GroupHead } from "../../../../services/task/executor/group.ts";
import { ByHand, executionOf, untried } from "../../support/executions.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";
import { yieldTo } from "../../support/limiters.ts";

const MINUTE_MS = 60_000;
const later = () => new RetryableError("later", { retryAfter: MINUTE_MS });
const granted = (slots: number) => yieldTo({}, 1, slots);

let clock: FakeClock;
let start: number;
let byHand: ByHand;
let execution: Execution;

beforeEach(() => {
  clock = new FakeClock();
  start = clock.now();
  byHand = new ByHand();
});

afterEach(() => execution.stop());

describe("an execution whose tasks all wait for retries that are far away", () => {
  it("has no slots, and reports that within a second", async () => {
    await allFail({ tasks: 4 });
    const { released, at, retrying } = await nextReport();
    expect({ released, retrying }).toEqual({ released: 4, retrying: 4 });
    expect(at - start).toBeLessThanOrEqual(1_100);
  });

  it("asks for slots when they are due, starts nothing before it has some, and then all side by side", async () => {
    await allFail({ tasks: 4 });
    await nextReport();
    const { wants, at } = await reportThat(({ wants: wanted }) => wanted !== undefined);
    expect(wants).toBe(8);
    expect(at - start).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(at - start).toBeLessThan(MINUTE_MS + 100);
    expect(byHand.running).toEqual([]);
    execution.direct(granted(7));
    await settled();
    expect(byHand.running).toEqual([0, 1, 2]);
    byHand.finish(1);
    await settled();
    expect(byHand.running).toEqual([0, 2, 3]);
  });

  it("says what it has been granted no more than it needs", async () => {
    await allFail({ tasks: 2 });
    await reportThat(({ wants }) => wants !== undefined);
    execution.direct(granted(9));
    const { released, wants, running } = await nextReport();
    expect({ released, wants, running }).toEqual({ released: 7, wants: undefined, running: 2 });
  });

  it("asks once, and again when more are due", async () => {
    const waiting = [0, 1].map((index) => due(index, start + MINUTE_MS * (1 + index / 4)));
    given({ tasks: waiting, granted: 2, released: 2 });
    const reports: (number | undefined)[] = [];
    while (clock.now() < start + 2 * MINUTE_MS) reports.push((await nextReport()).wants);
    expect(new Set(reports)).toEqual(new Set([undefined, 3, 4]));
    // Every six seconds, as the chunk ages, and at once when there is something new.
    expect(reports.length).toBeLessThan(50);
  });

  it("asks for nothing while it is paused, and for all when it goes on", async () => {
    await allFail({ tasks: 2 });
    await nextReport();
    execution.direct({ type: "pause" });
    await clock.advance(2 * MINUTE_MS);
    expect((await nextReport()).wants).toBeUndefined();
    execution.direct(granted(2));
    expect((await nextReport()).wants).toBe(4);
  });

  it("keeps the slot of one that is due soon", async () => {
    const tasks = [due(0, start + 4_000), due(1, start + MINUTE_MS)];
    given({ tasks, granted: 2 });
    expect((await nextReport()).released).toBe(1);
    await clock.advance(4_000);
    expect(byHand.running).toEqual([0]);
  });

  it("says so again after its first beat in another process", async () => {
    given({ tasks: [due(0, start + MINUTE_MS)], granted: 1, released: 1 });
    expect(await nextReport()).toMatchObject({ at: start + 1_000, released: 1, retrying: 1 });
  });

  it("has in another process what it had in the one before", async () => {
    const tasks = [due(0, start), due(1, start), due(2, start + MINUTE_MS)];
    given({ tasks, granted: 3, released: 4, directive: granted(5) });
    await settled();
    execution.take().catch(unheard);
    expect(byHand.running).toEqual([0]);
  });
});

describe("an execution that takes a chunk up from a killed runner", () => {
  it("asks at once what it may use, and starts nothing before it knows", async () => {
    given({ tasks: 3, granted: 0 });
    expect(await nextReport()).toMatchObject({ at: start, running: 0 });
    expect(byHand.started).toEqual([]);
  });

  it("gives back what it may, and asks for the others", async () => {
    given({ tasks: 3, granted: 0, lastKnown: 1 });
    await nextReport();
    execution.direct(granted(0));
    expect(await nextReport()).toMatchObject({ returnedFrom: 2, wants: 2 });
    execution.direct(granted(2));
    expect(byHand.running).toEqual([0, 1]);
  });
});

it("an execution without retries says nothing of its slots", async () => {
  given({ tasks: 40, run: () => null });
  const { head } = await clock.until(execution.take());
  expect(head).toMatchObject({ succeeded: 40 });
  expect(head).not.toHaveProperty("released");
  expect(head).not.toHaveProperty("wants");
});

it("an execution that reads a page keeps its slot", async () => {
  given({ stage: SOURCE, tasks: [due(0, start + MINUTE_MS)], granted: 1 });
  await clock.advance(0);
  expect((await nextReport()).released).toBeUndefined();
  execution.take().catch(unheard);
  await clock.advance(MINUTE_MS);
  expect(byHand.running).toEqual([0]);
});

// --- internal ---

const unheard = () => undefined;

function due(index: number, readyAt: number) {
  return { ...untried(index), attempts: 1, readyAt };
}

function given(setting: Partial<Parameters<typeof executionOf>[0]>): void {
  execution = executionOf({ clock, run: byHand.run, ...setting });
}

/** Each in a slot of its own. */
async function allFail({ tasks }: { tasks: number }): Promise<void> {
  given({ tasks, window: tasks });
  const taken = execution.take();
  await settled();
  for (const index of byHand.running) byHand.fail(index, later());
  await clock.until(taken);
}

const nextReport = () => reportThat(() => true);

async function reportThat(isWanted: (head: GroupHead) => boolean): Promise<GroupHead> {
  for (;;) {
    const { head } = await clock.until(execution.take());
    if (head.report && isWanted(head)) return head;
  }
}

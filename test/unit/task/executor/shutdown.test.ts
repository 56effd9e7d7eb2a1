import { afterEach, describe, expect, it } from "vitest";
import { admission } from "../../../../services/task/executor/admission.ts";
import type { Execution } from "../../../../services/task/executor/execution.ts";
import type { Group } from "../../../../services/task/executor/group.ts";
import { begin, isStillHere } from "../../../../services/task/executor/quarantine.ts";
import { drain, drainable, isDraining } from "../../../../services/task/executor/shutdown.ts";
import { ByHand, executionOf, outcomesOf } from "../../support/executions.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const clock = new FakeClock();
const leavers: (() => void)[] = [];

afterEach(() => {
  admission.open();
  for (const leave of leavers.splice(0)) leave();
});

/** What was asked of it. */
function drained() {
  const asked: string[] = [];
  const gone = drainable({
    leave: () => void asked.push("leave"),
    abandon: () => void asked.push("abandon"),
  });
  leavers.push(gone);
  return { asked, gone };
}

describe("drain", () => {
  it("closes the door at once", async () => {
    expect(isDraining()).toBe(false);
    const draining = drain(0);
    expect(isDraining()).toBe(true);
    await draining;
  });

  it("waits until what runs has left", async () => {
    const { asked, gone } = drained();
    let isDrained = false;
    const draining = drain(60_000).then(() => (isDrained = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect({ isDrained, asked }).toEqual({ isDrained: false, asked: ["leave"] });
    gone();
    await draining;
    expect(asked).toEqual(["leave"]);
  });

  it("does not wait for what has left before", async () => {
    drained().gone();
    await drain(60_000);
  });

  it("has what comes too late leave at once", async () => {
    await drain(0);
    expect(drained().asked).toEqual(["leave"]);
  });

  it("has what is left after the grace give up", async () => {
    const { asked, gone } = drained();
    const draining = drain(30);
    while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    gone();
    await draining;
    expect(asked).toEqual(["leave", "abandon"]);
  });
});

describe("a mark", () => {
  it("is not made in a process that ends, until its attempt is cut off", async () => {
    const attempt = new AbortController();
    await drain(0);
    let isMade = false;
    const made = begin("invocation", false, attempt.signal).then(() => (isMade = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(isMade).toBe(false);
    attempt.abort();
    await made;
  });

  it("is made at once in any other", async () => {
    const begun = await begin("invocation", false, new AbortController().signal);
    expect(isStillHere(begun)).toBe(true);
  });
});

describe("an execution that leaves", () => {
  const start = (tasks: number, window = 2) => {
    const hand = new ByHand();
    const execution = executionOf({ clock, tasks, window, run: hand.run });
    leavers.push(() => execution.stop());
    return { execution, hand };
  };
  const settled = () => clock.advance(0);

  it("commits what runs, then leaves the rest, and starts nothing more", async () => {
    const { execution, hand } = start(5);
    const first = execution.take();
    execution.leave();
    hand.finish(0);
    await settled();
    hand.finish(1, "one");
    expect(await first).toMatchObject({ head: { succeeded: 2, leaves: true } });
    expect(hand.started).toEqual([0, 1]);
  });

  it("leaves at once when nothing runs", async () => {
    const { execution, hand } = start(5);
    execution.leave();
    expect(await execution.take()).toMatchObject({ head: { outcomes: 0, leaves: true } });
    expect(hand.started).toEqual([]);
  });

  it.each([2, 5])("gives up what does not end of %i, and forgets that it ran", async (tasks) => {
    const { execution, hand } = start(tasks);
    const first = execution.take();
    execution.leave();
    hand.finish(1);
    await settled();
    execution.abandon();
    const group = await first;
    expect(group.head).toMatchObject({ succeeded: 1, failed: 0, leaves: true });
    expect(outcomesOf([group]).map(({ index }) => index)).toEqual([1]);
    expect(hand.signals.get(0)?.aborted).toBe(true);
    hand.finish(0);
  });

  it("leaves nothing when everything has ended", async () => {
    const { execution, hand } = start(2);
    const first = execution.take();
    execution.leave();
    hand.finishAll();
    const { head } = await first;
    expect(head.succeeded).toBe(2);
    expect(head).not.toHaveProperty("leaves");
  });

  it("leaves with the last of several groups", async () => {
    const { execution, hand } = start(700, 600);
    const first = execution.take();
    hand.finishAll();
    execution.leave();
    const groups = [await first, ...(await rest(execution))];
    expect(groups.map(({ head }) => head.leaves ?? false)).toEqual([false, true]);
    expect(outcomesOf(groups)).toHaveLength(600);
  });

  it("takes failed attempts that wait for their retry along", async () => {
    const { execution, hand } = start(3);
    const first = execution.take();
    execution.leave();
    hand.fail(0);
    hand.finish(1);
    const { head } = await first;
    expect(head).toMatchObject({ succeeded: 1, retrying: 1, leaves: true });
    expect(head.retries).toMatchObject([{ index: 0, attempts: 1 }]);
  });
});

// --- internal ---

async function rest(execution: Execution): Promise<Group[]> {
  const group = await execution.take();
  return group.head.leaves ? [group] : [group, ...(await rest(execution))];
}

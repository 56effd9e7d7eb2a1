import { afterEach, describe, expect, it } from "vitest";
import { admission } from "../../../../services/task/executor/admission.ts";
import { drain, drainable } from "../../../../services/task/executor/shutdown.ts";
import { executionOf } from "../../support/executions.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const clock = new FakeClock();
const leavers: (() => void)[] = [];

afterEach(() => {
  admission.open();
  for (const leave of leavers.splice(0)) leave();
});

describe("drain", () => {
  it("closes the door at once", async () => {
    const draining = drain(0);
    expect(admission.isOpen).toBe(false);
    await draining;
  });

  it("waits until everything that ended is durable", async () => {
    const execution = { isQuiet: false };
    leavers.push(drainable(execution));
    let isDrained = false;
    const draining = drain(60_000).then(() => (isDrained = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isDrained).toBe(false);
    execution.isQuiet = true;
    await draining;
  });

  it("does not wait for an execution that has left", async () => {
    drainable({ isQuiet: false })();
    await drain(60_000);
  });

  it("waits for an execution until its outcomes are durable, or it is stopped", async () => {
    const [committing, stopped] = [executionOf({ clock }), executionOf({ clock, tasks: 600 })];
    for (const execution of [committing, stopped]) await execution.take();
    expect([committing.isQuiet, stopped.isQuiet]).toEqual([false, false]);
    const draining = drain(60_000);
    await committing.take();
    expect(committing.isQuiet).toBe(true);
    stopped.stop();
    await draining;
    committing.stop();
  });

  it("does not wait longer than the grace", async () => {
    leavers.push(drainable({ isQuiet: false }));
    await drain(30);
  });
});

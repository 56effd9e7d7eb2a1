import { afterEach, describe, expect, it } from "vitest";
import { admission } from "../../../../services/task/executor/admission.ts";
import { drain, drainable } from "../../../../services/task/executor/shutdown.ts";

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

  it("does not wait longer than the grace", async () => {
    leavers.push(drainable({ isQuiet: false }));
    await drain(30);
  });
});

import { afterEach, describe, expect, it } from "vitest";
import { admission } from "../../../../services/task/executor/admission.ts";
import type { Execution } from "../../../../services/task/executor/execution.ts";
import { ByHand, executionOf } from "../../support/executions.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";

const executions: Execution[] = [];

afterEach(() => {
  admission.open();
  for (const execution of executions.splice(0)) execution.stop();
});

describe("admission", () => {
  it("lets a suspect run alone: others wait until it is released", async () => {
    const ordinary = started();
    await settled();
    expect(ordinary.started).toEqual([0, 1]);
    const holding = admission.hold(60_000);
    ordinary.finishAll();
    const hold = await holding;
    expect(hold!.isAlone).toBe(true);
    await settled();
    expect(ordinary.started).toEqual([0, 1]);

    const suspect = started({ isSuspect: true });
    await settled();
    expect(suspect.started).toEqual([0, 1]);
    suspect.finishAll();
    hold!.release();
    await settled();
    expect(ordinary.started).toEqual([0, 1, 2, 3]);
  });

  it("is held by one at a time", async () => {
    const hold = await admission.hold(0);
    expect(await admission.hold(0)).toBeNull();
    hold!.release();
    hold!.release();
    const next = await admission.hold(0);
    expect(next).not.toBeNull();
    next!.release();
  });

  it("does not wait longer than asked for those that run on", async () => {
    started();
    await settled();
    const hold = await admission.hold(5);
    expect(hold!.isAlone).toBe(false);
    hold!.release();
  });

  it("does not wait for tasks whose execution was stopped", async () => {
    started();
    await settled();
    const holding = admission.hold(60_000);
    for (const execution of executions) execution.stop();
    const hold = await holding;
    expect(hold!.isAlone).toBe(true);
    hold!.release();
  });

  it("lets nothing start while it is closed", async () => {
    admission.close();
    const ordinary = started();
    await settled();
    expect(ordinary.started).toEqual([]);
  });
});

// --- internal ---

/** Four tasks, two at a time, that end when the test says so. */
function started({ isSuspect = false } = {}): ByHand {
  const byHand = new ByHand();
  const clock = new FakeClock();
  const execution = executionOf({ clock, tasks: 4, window: 2, run: byHand.run, isSuspect });
  executions.push(execution);
  execution.take().catch(() => undefined);
  return byHand;
}

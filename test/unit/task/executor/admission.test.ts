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

describe("the places of a process", () => {
  it("are never more than there are", async () => {
    admission.open(3);
    const [one, other] = [started({ tasks: 8, window: 8 }), started({ tasks: 8, window: 8 })];
    for (let round = 0; round < 8; round += 1) {
      await settled();
      expect(one.running.length + other.running.length).toBeLessThanOrEqual(3);
      one.finishAll();
      await settled();
      other.finishAll();
    }
    expect([...one.started, ...other.started]).toHaveLength(16);
  });

  it("go first to the job that has fewest", async () => {
    admission.open(4);
    const large = started({ job: "large", tasks: 100, window: 100 });
    await settled();
    expect(large.running).toHaveLength(4);
    const small = started({ job: "small", tasks: 3, window: 3 });
    await settled();
    expect(small.running).toHaveLength(0);
    for (const index of [0, 1]) {
      large.finish(index);
      await settled();
    }
    expect(small.running).toHaveLength(2);
    large.finish(2);
    await settled();
    // As many as the other has: now it is the turn of the one that has waited longer.
    expect(large.running.length + small.running.length).toBe(4);
    expect(large.running.length).toBe(2);
  });

  it("go to another when the one that is called has nothing to start", async () => {
    admission.open(1);
    const first = started({ job: "a", tasks: 1, window: 1 });
    const second = started({ job: "b", tasks: 1, window: 1 });
    const third = started({ job: "c", tasks: 1, window: 1 });
    await settled();
    executions[1]!.stop();
    first.finishAll();
    await settled();
    expect(second.started).toEqual([]);
    expect(third.running).toEqual([0]);
  });

  it("are free again when an execution is stopped", async () => {
    admission.open(2);
    const [stopped, waiting] = [started(), started()];
    await settled();
    expect([stopped.running.length, waiting.running.length]).toEqual([2, 0]);
    executions[0]!.stop();
    await settled();
    expect(waiting.running).toHaveLength(2);
  });
});

// --- internal ---

/** Four tasks, two at a time, that end when the test says so. */
function started({ job = "job", tasks = 4, window = 2, isSuspect = false } = {}): ByHand {
  const byHand = new ByHand();
  const clock = new FakeClock();
  const { run } = byHand;
  const execution = executionOf({ clock, jobId: job, tasks, window, run, isSuspect });
  executions.push(execution);
  execution.take().catch(() => undefined);
  return byHand;
}

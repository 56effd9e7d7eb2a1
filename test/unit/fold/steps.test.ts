import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fold, type AnyFold } from "../../../services/actions.ts";
import type { TaskOutcome } from "../../../services/contract/task.ts";
import type { FoldSpec } from "../../../services/fold/fold-spec.ts";
import { FoldSteps, type StepsOptions, type Taken } from "../../../services/fold/steps.ts";
import { admission } from "../../../services/task/executor/admission.ts";
import { LEFT } from "../../../services/task/outlast.ts";
import { currentCode } from "../../../services/task/executor/user-code.ts";
import { failed, succeeded } from "../support/chunks.ts";
import { FakeClock, settled } from "../support/fake-clock.ts";

const BEAT_MS = 10_000;
const MIB = 1024 * 1024;

let clock = new FakeClock();
const made: FoldSteps[] = [];
beforeEach(() => (clock = new FakeClock()));
afterEach(() => {
  for (const each of made.splice(0)) each.stop();
  admission.open();
  expect(clock.alarms).toBe(0);
});

describe("FoldSteps", () => {
  it("takes outcomes in, one after the other, and says what they came to", async () => {
    const seen: TaskOutcome[] = [];
    const list = folding([] as number[], (acc, outcome) => {
      seen.push(outcome);
      return [...acc, outcome.index];
    });
    const taken = await steps(list, { lines: [succeeded(0, "a"), failed(1)], total: 3 }).take();
    expect(taken).toEqual({ kind: "seen", seen: 2, acc: "[0,1]" });
    expect(seen).toMatchObject([
      { jobId: "job", stage: 0, taskId: "job/0/0", status: "SUCCEEDED", result: "a" },
      { taskId: "job/0/1", status: "FAILED", error: { code: "TASK_FAILED" }, input: { item: 1 } },
    ]);
  });

  it("goes on from the accumulator it is given", async () => {
    const taken = await steps(counting, { next: 2, acc: "40", lines: [succeeded(2)] }).take();
    expect(taken).toEqual({ kind: "done", answer: { json: "41" } });
  });

  it("finishes after the last outcome", async () => {
    const finished = fold({ name: "f", init: 1, step: (n) => n + 1, finish: (n) => ({ n }) });
    expect(await resultOf(finished)).toEqual({ n: 3 });
  });

  it("finishes what init is when there is no outcome", async () => {
    expect(await resultOf(counting, [])).toBe(0);
  });

  it("awaits steps and finish", async () => {
    const slow = fold({
      name: "f",
      init: 0,
      step: async (n) => {
        await clock.sleep(10);
        return n + 1;
      },
      finish: async (n) => {
        await clock.sleep(10);
        return `${n} in all`;
      },
    });
    expect(await resultOf(slow)).toBe("2 in all");
  });

  it("gives each job an init of its own", async () => {
    const init: number[] = [];
    for (const of of [init, () => init]) {
      const pushing = folding<number[]>(of, (acc, { index }) => {
        acc.push(index);
        return acc;
      });
      expect(await resultOf(pushing)).toEqual([0, 1]);
    }
    expect(init).toEqual([]);
  });

  it("gives finish what JSON keeps, wherever a page ends", async () => {
    const map = new Map<number, boolean>();
    const mapping = folding(map, (acc) => acc);
    expect(await resultOf(mapping)).toEqual({});
  });

  it("answers null for a finish that returns nothing", async () => {
    expect(await resultOf({ ...counting, finish: () => undefined })).toBeNull();
  });

  describe("of a fold that fails", () => {
    const boom = () => {
      throw new Error("boom");
    };
    it.each<[string, Partial<AnyFold>]>([
      ["init", { init: boom }],
      ["step", { step: boom }],
      ["finish", { finish: boom }],
      ["a step's promise", { step: () => Promise.reject(new Error("boom")) }],
    ])("says what %s threw", async (_, part) => {
      expect(await errorOf({ ...counting, ...part })).toBe("boom");
    });

    it.each<[string, unknown, string]>([
      ["a code of its own", Object.assign(new Error("no"), { code: "NO" }), "NO: no"],
      ["a text", "oops", "oops"],
      ["a long text", "x".repeat(5_000), "x".repeat(1_000)],
    ])("says %s", async (_, thrown, message) => {
      const throwing = folding(0, () => {
        throw thrown;
      });
      expect(await errorOf(throwing)).toBe(message);
    });

    it.each<[string, () => unknown, string]>([
      ["nothing", () => undefined, "UNSERIALISABLE: a undefined"],
      ["a function", () => () => 1, "UNSERIALISABLE: a function"],
      ["a BigInt", () => 1n, "UNSERIALISABLE: "],
      ["a circle", circular, "UNSERIALISABLE: "],
      ["what nests deeply", () => nested(600), "UNSERIALISABLE: Nested deeper than 500 levels."],
      [
        "more than 1 MiB",
        () => "x".repeat(MIB),
        `RESULT_TOO_LARGE: The accumulator has ${MIB + 2} bytes, at most ${MIB}.`,
      ],
    ])("refuses an accumulator that is %s", async (_, make, message) => {
      const lines = [succeeded(0)];
      expect(await errorOf(folding(0, make), lines)).toContain(message);
      expect(
        await errorOf(
          folding(make, (acc) => acc),
          lines,
        ),
      ).toContain(message);
    });

    it("refuses a result of more than 1 MiB", async () => {
      const large = { ...counting, finish: () => "x".repeat(MIB) };
      expect(await errorOf(large)).toContain("RESULT_TOO_LARGE: The result has ");
    });
  });

  describe("of a fold that takes its time", () => {
    it("says every ten seconds how far it is, and that is between two steps", async () => {
      const slow = folding<number[]>([], async (acc, { index }) => {
        acc.push(-1);
        await clock.sleep(4_000);
        acc[acc.length - 1] = index;
        return acc;
      });
      const lines = [0, 1, 2, 3].map((index) => succeeded(index));
      const folding4 = steps(slow, { lines });
      expect(await clock.until(folding4.take())).toEqual({ kind: "still" });
      expect(await clock.until(folding4.take())).toEqual({
        kind: "done",
        answer: { json: "[0,1,2,3]" },
      });
    });

    it("makes its way durable though steps never wait", async () => {
      const busy = folding(0, (n) => {
        clock.pass(3_000);
        return n + 1;
      });
      const lines = Array.from({ length: 9 }, (_, index) => succeeded(index));
      expect(await steps(busy, { lines }).take()).toEqual({ kind: "seen", seen: 4, acc: "4" });
    });

    it("is given up when a step takes longer than the timeout", async () => {
      const hanging = steps(folding(0, never), { lines: [succeeded(0)], timeoutMs: 25_000 });
      expect(await clock.until(hanging.take())).toEqual({ kind: "still" });
      expect(await clock.until(hanging.take())).toEqual({ kind: "still" });
      const message = "TASK_TIMEOUT: A step took longer than 25000 ms.";
      expect(errorIn(await clock.until(hanging.take()))).toBe(message);
    });

    it("may take longer than the timeout in all", async () => {
      const slow = folding(0, async (n) => {
        await clock.sleep(400);
        return n + 1;
      });
      const lines = Array.from({ length: 9 }, (_, index) => succeeded(index));
      const taken = await clock.until(steps(slow, { lines, timeoutMs: 500 }).take());
      expect(taken).toEqual({ kind: "done", answer: { json: "9" } });
    });

    it("fails for what a step rejects with after a beat", async () => {
      const late = folding(0, async () => {
        await clock.sleep(BEAT_MS + 5);
        throw new Error("late");
      });
      const lateSteps = steps(late, { lines: [succeeded(0)] });
      expect(await clock.until(lateSteps.take())).toEqual({ kind: "still" });
      expect(errorIn(await clock.until(lateSteps.take()))).toBe("late");
    });
  });

  describe("of a fold that leaves errors behind", () => {
    const CRASHED = "TASK_CRASHED: An error nobody caught: left behind";

    it("ends when its code would have ended the process", async () => {
      const leaving = folding(0, () => {
        const code = currentCode.getStore();
        setImmediate(() => code?.crash(new Error("left behind")));
        return never();
      });
      const crashing = steps(leaving, { lines: [succeeded(0)] });
      expect(crashing.name).toBe("fold f of job/0");
      expect(errorIn(await crashing.take())).toBe(CRASHED);
    });

    it("ends at the next step", async () => {
      const leaving = folding(0, (n) => {
        currentCode.getStore()?.crash(new Error("left behind"));
        return n + 1;
      });
      expect(await errorOf(leaving)).toBe(CRASHED);
    });
  });

  describe("in a process that ends", () => {
    const slow = folding(0, async (n) => {
      await clock.sleep(4_000);
      return n + 1;
    });
    const three = [0, 1, 2].map((index) => succeeded(index));

    it("lets the step that runs end, and begins no other", async () => {
      const leaving = steps(slow, { lines: three });
      const taken = leaving.take();
      await clock.advance(5_000);
      leaving.leave();
      expect(await clock.until(taken)).toEqual({ kind: "seen", seen: 2, acc: "2" });
    });

    it("does not finish after the last step", async () => {
      const lines = [succeeded(0)];
      const leaving = steps({ ...slow, finish: () => "finished" }, { lines });
      const taken = leaving.take();
      await settled();
      leaving.leave();
      expect(await clock.until(taken)).toEqual({ kind: "seen", seen: 1, acc: "1" });
    });

    it("leaves at once when it waits for its turn", async () => {
      const held = await admission.hold(0);
      const leaving = steps(counting, { lines: three });
      const taken = leaving.take();
      await settled();
      leaving.leave();
      expect(await taken).toEqual(LEFT);
      held?.release();
    });

    it("leaves before its first step when it comes too late, a suspect too", async () => {
      admission.close();
      for (const isSuspect of [false, true]) {
        expect(await steps(counting, { lines: three, isSuspect }).take()).toEqual(LEFT);
      }
    });

    it("says nothing of an accumulator that a step may be changing when it is given up", async () => {
      const leaving = steps(slow, { lines: three });
      const taken = leaving.take();
      await clock.advance(5_000);
      leaving.leave();
      leaving.abandon();
      expect(await taken).toEqual(LEFT);
      await clock.advance(4_000);
    });

    it("is given up between two beats too", async () => {
      const leaving = steps(folding(0, never), { lines: three });
      expect(await clock.until(leaving.take())).toEqual({ kind: "still" });
      leaving.leave();
      leaving.abandon();
      expect(await leaving.take()).toEqual(LEFT);
    });
  });

  describe("beside others in its process", () => {
    it("waits while they are held back", async () => {
      const held = await admission.hold(0);
      const waiting = steps(counting, { lines: [succeeded(0)] });
      expect(await clock.until(waiting.take())).toEqual({ kind: "still" });
      const taken = waiting.take();
      await settled();
      held?.release();
      expect(await taken).toEqual({ kind: "done", answer: { json: "1" } });
    });

    it("runs while others are held back for it", async () => {
      const held = await admission.hold(0);
      const alone = steps(counting, { lines: [succeeded(0)], isSuspect: true });
      expect(await alone.take()).toEqual({ kind: "done", answer: { json: "1" } });
      held?.release();
    });

    it("is waited for, and counts no longer when it is stopped", async () => {
      const hanging = steps(folding(0, never), { lines: [succeeded(0)] });
      const taken = hanging.take();
      await settled();
      const held = await admission.hold(0);
      expect(held?.isAlone).toBe(false);
      held?.release();
      hanging.stop();
      expect(hanging.isSettled).toBe(true);
      const again = await admission.hold(0);
      expect(again?.isAlone).toBe(true);
      again?.release();
      expect(await clock.until(taken)).toEqual({ kind: "still" });
    });
  });
});

// --- internal ---

const counting: AnyFold = fold({ name: "f", init: 0, step: (n) => n + 1 });

const never = () => new Promise<never>(() => undefined);

function folding<Acc>(
  init: Acc | (() => Acc),
  step: (acc: Acc, outcome: TaskOutcome) => unknown,
): AnyFold {
  return { kind: "fold", name: "f", init, step };
}

function steps(
  definition: AnyFold,
  {
    lines,
    isSuspect = false,
    next = 0,
    ...spec
  }: Partial<FoldSpec> & Pick<StepsOptions, "lines"> & { isSuspect?: boolean },
): FoldSteps {
  const whole: FoldSpec = {
    jobId: "job",
    epoch: "e1",
    generation: 1,
    stage: 0,
    startedAt: 0,
    fold: "f",
    timeoutMs: 900_000,
    total: next + lines.length,
    next,
    acc: null,
    ...spec,
  };
  const folding = new FoldSteps({ fold: definition, spec: whole, lines, isSuspect, clock });
  made.push(folding);
  return folding;
}

const two = () => [succeeded(0), succeeded(1)];

async function resultOf(definition: AnyFold, lines = two()): Promise<unknown> {
  const taken = await clock.until(steps(definition, { lines }).take());
  if (taken.kind !== "done" || "error" in taken.answer) throw new Error(JSON.stringify(taken));
  return JSON.parse(taken.answer.json);
}

async function errorOf(definition: AnyFold, lines = two()): Promise<string> {
  return errorIn(await clock.until(steps(definition, { lines }).take()));
}

function errorIn(taken: Taken): string {
  if (taken.kind !== "done" || "json" in taken.answer) throw new Error(JSON.stringify(taken));
  expect(taken.answer.error.code).toBe("FOLD_FAILED");
  return taken.answer.error.message;
}

function circular(): unknown {
  const value: unknown[] = [];
  value.push(value);
  return value;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

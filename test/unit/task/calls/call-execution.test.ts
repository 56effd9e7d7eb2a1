import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallAttempt } from "../../../../services/task/calls/call-attempt.ts";
import type { Directive } from "../../../../services/task/directive.ts";
import { busiest, peak } from "../../../support/spans.ts";
import { CallChunk, fails, ok } from "../../support/call-chunks.ts";
import { answering, perSecond, yieldTo } from "../../support/limiters.ts";
import { holds } from "../../support/property.ts";

const retry = { maxAttempts: 3, initialMs: 200, maxMs: 10_000, factor: 2, jitter: false };
const STOP = { type: "stop", reason: "enough" } as const;

describe("a chunk of calls", () => {
  it("calls each task once and records its result", () => {
    const chunk = new CallChunk({
      tasks: 100,
      call: ({ task }) => ({ ms: 10, result: ok(`${task.index}`) }),
    }).run();
    expect(chunk.outcomes.map(({ result }) => result)).toEqual(
      Array.from({ length: 100 }, (_, n) => n),
    );
    expect(chunk.calls).toHaveLength(100);
  });

  it("never has more calls under way than its window, and starts the next when one has answered", () => {
    const chunk = new CallChunk({ tasks: 60, window: 20, call: () => ({ ms: 100 }) }).run();
    expect(chunk.mostAtOnce).toBe(20);
    expect(chunk.now - 1_000_000).toBeLessThan(450);
  });

  it("says when each attempt began and how long it took, to about 50 ms", () => {
    const chunk = new CallChunk({ tasks: 30, window: 10, call: () => ({ ms: 400 }) }).run();
    for (const { durationMs, attempts } of chunk.outcomes) {
      expect(durationMs).toBeGreaterThanOrEqual(350);
      expect(durationMs).toBeLessThanOrEqual(460);
      expect(attempts).toBe(1);
    }
  });

  it("looks at the clock often while much happens, and not while nothing does", () => {
    const quick = new CallChunk({ tasks: 250, call: () => ({ ms: 10 }) }).run();
    expect(quick.looks).toBeLessThanOrEqual(6);
    const slow = new CallChunk({
      tasks: 5,
      call: () => ({ ms: 3_600_000 }),
      plan: { timeoutMs: 86_400_000 },
    }).run();
    expect(slow.looks).toBeLessThanOrEqual(8);
  });

  it("takes what is emitted along", () => {
    const line = '{"n":3,"p":0,"o":0}';
    const chunk = new CallChunk({
      next: { stage: 1, action: "next" },
      call: () => ({ ms: 1, result: { ok: true, json: "1", emission: [line], emitted: 3 } }),
    }).run();
    const { head, lines } = chunk.groups.at(-1)!;
    expect(head).toMatchObject({ outcomes: 1, passes: "lines" });
    expect(lines[1]).toBe(line);
    expect(chunk.outcomes).toMatchObject([{ result: 1, emitted: 3 }]);
  });
});

describe("a failed call", () => {
  it("is tried again with the delays of the policy, and holds no place meanwhile", () => {
    const chunk = new CallChunk({
      plan: { retry },
      tasks: 2,
      window: 1,
      call: () => ({ ms: 5, result: fails() }),
    }).run();
    const first = chunk.calls.filter(({ index }) => index === 0).map(({ at }) => at);
    expect(first).toHaveLength(3);
    expect(first[1]! - first[0]!).toBeGreaterThanOrEqual(200);
    expect(first[2]! - first[1]!).toBeGreaterThanOrEqual(400);
    expect(chunk.calls[1]).toMatchObject({ index: 1, attempt: 1 });
    expect(chunk.outcomes).toMatchObject([
      { status: "FAILED", attempts: 3, error: { code: "TASK_FAILED" }, input: { item: 0 } },
      { status: "FAILED", attempts: 3 },
    ]);
  });

  it("is not tried again when that is final", () => {
    const chunk = new CallChunk({
      call: () => ({ ms: 5, result: fails({ isFinal: true }) }),
    }).run();
    expect(chunk.outcomes).toMatchObject([{ status: "FAILED", attempts: 1 }]);
  });

  it("waits as long as the handler asked for", () => {
    const chunk = new CallChunk({
      plan: { retry },
      call: ({ task }) => ({
        ms: 5,
        result: task.attempt === 1 ? fails({ retryAfterMs: 3_000 }) : ok(),
      }),
    }).run();
    expect(chunk.calls[1]!.at).toBeGreaterThanOrEqual(3_000);
    expect(chunk.calls[1]!.at).toBeLessThan(3_100);
  });
});

it("tries all failed calls again at once, though none ran meanwhile", () => {
  const chunk = new CallChunk({
    plan: { retry },
    tasks: 60,
    window: 30,
    call: ({ task }) => ({ ms: 20, result: task.attempt === 1 ? fails() : ok() }),
  }).run();
  const again = chunk.calls.filter(({ attempt }) => attempt === 2).map(({ at }) => at);
  expect(Math.max(...again) - Math.min(...again)).toBeLessThan(200);
});

describe("a call that takes too long", () => {
  const plan = { retry: { ...retry, maxAttempts: 2 }, timeoutMs: 60_000, graceMs: 5_000 };

  it("is cancelled, counts TASK_TIMEOUT and is tried again", () => {
    const chunk = new CallChunk({ plan, call: () => null }).run();
    expect(chunk.cancelled).toEqual([0, 0]);
    expect(chunk.outcomes).toMatchObject([
      { status: "FAILED", attempts: 2, error: { code: "TASK_TIMEOUT" } },
    ]);
  });

  it("has every answer awaited while it may still be just in time", () => {
    const chunk = new CallChunk({
      plan: { ...plan, timeoutMs: 4_000 },
      tasks: 1_000,
      window: 2,
      call: ({ task }) => (task.index === 0 ? null : { ms: 100 }),
    });
    expect(chunk.run(2_000).isImpatient).toBe(false);
    expect(chunk.run(3_000).isImpatient).toBe(false);
    expect(chunk.run(3_900).isImpatient).toBe(true);
  });

  it("is given up after the grace if it cannot be cancelled", () => {
    const chunk = new CallChunk({ plan, call: () => null, onCancel: null }).run();
    expect(chunk.outcomes).toMatchObject([
      { status: "FAILED", attempts: 2, error: { code: "TASK_TIMEOUT" } },
    ]);
    expect(chunk.now - 1_000_000).toBeGreaterThanOrEqual(2 * 65_000);
  });

  it("counts as timed out even if it answers after all", () => {
    const chunk = new CallChunk({
      plan: { ...plan, retry: { ...retry, maxAttempts: 1 } },
      call: () => null,
      onCancel: ok(),
    }).run();
    expect(chunk.outcomes).toMatchObject([{ error: { code: "TASK_TIMEOUT" } }]);
  });
});

describe("a handler that is gone", () => {
  it("fails each attempt, and after the last the task, without a call", () => {
    const chunk = new CallChunk({ plan: { retry }, tasks: 70, isThere: () => false }).run();
    expect(chunk.calls).toEqual([]);
    for (const outcome of chunk.outcomes) {
      expect(outcome).toMatchObject({
        status: "FAILED",
        attempts: 3,
        error: { code: "ACTION_UNAVAILABLE" },
      });
    }
    expect(chunk.outcomes).toHaveLength(70);
  });

  it("is called again when it is back", () => {
    const chunk = new CallChunk({ plan: { retry }, tasks: 5, isThere: (at) => at > 300 }).run();
    expect(chunk.outcomes.map(({ status, attempts }) => [status, attempts])).toEqual(
      Array(5).fill(["SUCCEEDED", 3]),
    );
  });

  it("is called when nobody can say whether it is there", () => {
    expect(new CallChunk({ isThere: () => null }).run().outcomes).toMatchObject([
      { status: "SUCCEEDED" },
    ]);
  });
});

describe("a directive", () => {
  it("to stop cancels what runs and everything that waits", () => {
    const chunk = new CallChunk({ tasks: 50, window: 10, call: () => null, lastKnown: 49 })
      .at(1_000, STOP)
      .run();
    expect(chunk.cancelled).toHaveLength(10);
    expect(
      chunk.outcomes.map(({ status, error, attempts }) => [status, error?.message, attempts]),
    ).toEqual([
      ...Array(10).fill(["CANCELLED", "enough", 1]),
      ...Array(40).fill(["CANCELLED", "enough", 0]),
    ]);
    expect(chunk.now - 1_000_000).toBeLessThan(1_100);
  });

  it("to stop leaves a call its result, and waits no longer than the grace for one that says nothing", () => {
    const done = new CallChunk({ call: () => null, onCancel: ok() }).at(100, STOP).run();
    expect(done.outcomes).toMatchObject([{ status: "SUCCEEDED" }]);
    const plan = { graceMs: 4_000 };
    const silent = new CallChunk({ plan, call: () => null, onCancel: null }).at(100, STOP).run();
    expect(silent.outcomes).toMatchObject([{ status: "CANCELLED" }]);
    expect(silent.now - 1_000_000).toBeLessThan(4_300);
  });

  it("to pause gives back what was not started and starts no retry until it is taken back", () => {
    const chunk = new CallChunk({
      plan: { retry },
      tasks: 20,
      window: 5,
      call: ({ task }) => ({ ms: 1_000, result: task.attempt === 1 ? fails() : ok() }),
    })
      .at(500, { type: "pause" })
      .at(9_000, yieldTo())
      .run();
    expect(chunk.returnedFrom).toBe(5);
    expect(chunk.outcomes).toHaveLength(5);
    for (const { attempt, at } of chunk.calls) expect(attempt === 1 || at >= 9_000).toBe(true);
  });

  it("to yield gives back what was not started", () => {
    const chunk = new CallChunk({ tasks: 20, window: 5, call: () => ({ ms: 1_000 }) })
      .at(500, yieldTo())
      .run();
    expect(chunk.returnedFrom).toBe(5);
    expect(chunk.outcomes).toHaveLength(5);
  });
});

describe("reports", () => {
  it("tell the first outcome that feeds the next stage at once", () => {
    const feeding = { ok: true, json: "1", emission: null, emitted: 1 } as const;
    const chunk = new CallChunk({
      tasks: 3,
      next: { stage: 1, action: "next" },
      isEager: true,
      call: ({ task }) => ({
        ms: task.index === 0 ? 100 : 800,
        result: feeding,
      }),
    }).run();
    const [first] = chunk.reports;
    expect(first?.head.succeeded).toBe(1);
    expect(first!.head.at - 1_000_000).toBeLessThan(160);
  });

  it("come while something changes, and not while nothing does", () => {
    const plan = { timeoutMs: 86_400_000 };
    const chunk = new CallChunk({
      plan,
      tasks: 3,
      call: ({ task }) => ({ ms: 60_000 * (1 + task.index) }),
    }).run();
    expect(chunk.reports.length).toBeGreaterThanOrEqual(3);
    expect(chunk.reports.length).toBeLessThanOrEqual(5);
    expect(chunk.reports[0]!.head).toMatchObject({ running: 3 });
    expect(chunk.reports[0]!.head.at - 1_000_000).toBeLessThanOrEqual(1_100);
  });

  it("give back after five seconds what was not started", () => {
    const chunk = new CallChunk({ tasks: 100, window: 10, call: () => ({ ms: 2_000 }) }).run();
    expect(chunk.returnedFrom).toBe(30);
    expect(chunk.outcomes).toHaveLength(30);
  });

  it("give slots back that are not needed any more", () => {
    const chunk = new CallChunk({
      tasks: 10,
      window: 10,
      call: ({ task }) => ({ ms: task.index < 9 ? 100 : 5_000 }),
    }).run();
    expect(chunk.groups.findLast(({ head }) => head.running === 1)?.head.released).toBe(9);
  });
});

describe("retries that are far away", () => {
  const far = { plan: { retry }, tasks: 6, window: 6 };
  const later = (ms = 60_000) => ({
    call: ({ task }: CallAttempt) => ({
      ms: 100,
      result: task.attempt === 1 ? fails({ retryAfterMs: ms }) : ok(),
    }),
  });

  it("leave all slots to others, which is reported within a second", () => {
    const chunk = new CallChunk({ ...far, ...later() }).run(2_000);
    const { released, retrying, at } = chunk.reports.at(-1)!.head;
    expect({ released, retrying }).toEqual({ released: 6, retrying: 6 });
    expect(at - 1_000_000).toBeLessThan(1_500);
  });

  it("ask for slots when they are due, and are made side by side in those that are given", () => {
    const given = (wants: number) => Math.min(wants, 9);
    const chunk = new CallChunk({ ...far, ...later(), given }).run();
    const asked = chunk.reports.find(({ head }) => head.wants !== undefined)!.head;
    expect(asked.wants).toBe(12);
    expect(asked.at - 1_060_000).toBeLessThan(500);
    const again = chunk.calls.filter(({ attempt }) => attempt === 2).map(({ at }) => at);
    expect(again).toHaveLength(6);
    expect(peak(again.map((at) => ({ from: at, to: at + 100 })))).toBe(3);
    expect(chunk.outcomes).toHaveLength(6);
  });

  it("are quiet until then", () => {
    const chunk = new CallChunk({ ...far, ...later(3_600_000) }).run();
    expect(chunk.looks).toBeLessThan(20);
  });

  it("keep their slots if they are due soon", () => {
    const chunk = new CallChunk({ ...far, ...later(4_000) }).run();
    expect(chunk.groups.every(({ head }) => head.wants === undefined)).toBe(true);
  });

  it("of a chunk that was taken up are made when it was told what it may use", () => {
    const chunk = new CallChunk({ tasks: 3, granted: 0, given: () => 0, lastKnown: 5 })
      .at(5_000, yieldTo({}, 1, 2))
      .run();
    expect(chunk.reports[0]!.head).toMatchObject({ wants: 3, running: 0 });
    expect(chunk.reports[0]!.head.at - 1_000_000).toBeLessThan(100);
    expect(Math.min(...chunk.calls.map(({ at }) => at))).toBeGreaterThanOrEqual(5_000);
    expect(chunk.mostAtOnce).toBe(2);
  });
});

describe("limiters", () => {
  const limiters = [
    {
      kind: "limiter",
      key: "action/a",
      limits: { concurrency: 3, rate: null },
      version: 0,
    } as const,
  ];

  it("are asked before anything starts, and kept to", () => {
    const chunk = new CallChunk({
      tasks: 12,
      limiters,
      call: () => ({ ms: 300 }),
      grant: ({ most }) => ({ slots: Math.min(3, most), starts: [], againInMs: 200 }),
    }).run();
    expect(chunk.mostAtOnce).toBe(3);
    expect(chunk.outcomes).toHaveLength(12);
  });

  it("pace starts", () => {
    const rated = [
      {
        kind: "rate",
        key: "s",
        limits: { concurrency: null, rate: { tasks: 10, perMs: 1_000 } },
        version: 0,
      } as const,
    ];
    let next = 0;
    const chunk = new CallChunk({
      tasks: 20,
      limiters: rated,
      grant: ({ starts }, at) => {
        const from = Math.max(next, at);
        const count = Math.max(0, Math.min(starts, Math.floor((at + 400 - from) / 100) + 1));
        next = from + count * 100;
        return { slots: null, starts: [{ inMs: from - at, everyMs: 100, count }], againInMs: 50 };
      },
    }).run();
    const at = chunk.calls.map((call) => call.at);
    expect(at.at(-1)! - at[0]!).toBeGreaterThanOrEqual(1_800);
    expect(at.at(-1)! - at[0]!).toBeLessThan(2_800);
  });
});

describe("a stage's new limits", () => {
  const failing = () => ({
    plan: { retry },
    tasks: 20,
    window: 20,
    call: ({ task }: CallAttempt) => ({ ms: 100, result: task.attempt < 3 ? fails() : ok() }),
    grant: answering(),
  });

  it("hold for the retries of a chunk that had none", () => {
    const chunk = new CallChunk(failing()).at(50, yieldTo({ rate: perSecond(5) })).run();
    const later = chunk.calls.filter(({ at }) => at > 50);
    expect(later).toHaveLength(40);
    expect(
      busiest(
        later.map(({ at: from }) => ({ from })),
        1_000,
      ),
    ).toBeLessThanOrEqual(6);
    expect(chunk.now - 1_000_000).toBeLessThan(12_000);
  });

  it("are lifted again", () => {
    const chunk = new CallChunk(failing())
      .at(50, yieldTo({ concurrency: 1, rate: perSecond(1) }))
      .at(3_000, yieldTo({}, 2))
      .run();
    expect(chunk.now - 1_000_000).toBeLessThan(6_000);
  });

  it("share fewer slots than it has", () => {
    const chunk = new CallChunk(failing()).at(50, yieldTo({ concurrency: 3 })).run();
    const later = chunk.calls.filter(({ at }) => at > 50);
    expect(peak(later.map(({ at }) => ({ from: at, to: at + 100 })))).toBeLessThanOrEqual(3);
    expect(chunk.outcomes).toHaveLength(20);
  });
});

it("gives every task it keeps exactly one outcome, whatever happens", () => {
  const answer = fc.record({
    ms: fc.integer({ min: 0, max: 3_000 }),
    kind: fc.constantFrom("ok", "again", "final", "never"),
  });
  const yields = [
    yieldTo(),
    yieldTo({ rate: perSecond(3) }, 2),
    yieldTo({ concurrency: 2 }, 3),
    yieldTo({ concurrency: 1, rate: perSecond(1) }, 4),
  ];
  const directive = fc.record({
    at: fc.integer({ min: 0, max: 6_000 }),
    directive: fc.constantFrom<Directive>({ type: "pause" }, STOP, ...yields),
  });
  holds(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(answer, { minLength: 1, maxLength: 20 }),
      fc.array(directive, { maxLength: 3 }),
      fc.boolean(),
      (tasks, window, answers, directives, obeys) => {
        const chunk = new CallChunk({
          tasks,
          window,
          plan: { retry, timeoutMs: 4_000, graceMs: 500 },
          onCancel: obeys ? fails({ isFinal: true }) : null,
          grant: answering(),
          call: ({ task }) => {
            const { ms, kind } = answers[(task.index + task.attempt) % answers.length]!;
            if (kind === "never") return null;
            return { ms, result: kind === "ok" ? ok() : fails({ isFinal: kind === "final" }) };
          },
        });
        for (const { at, directive: said } of directives) chunk.at(at, said);
        chunk.at(20_000, yieldTo({}, 9)).run();
        const kept = chunk.returnedFrom ?? tasks;
        expect(chunk.outcomes.map(({ index }) => index)).toEqual(
          Array.from({ length: kept }, (_, n) => n),
        );
        expect(chunk.mostAtOnce).toBeLessThanOrEqual(window);
        const last = chunk.groups.at(-1)!.head;
        expect([last.running, last.retrying]).toEqual([0, 0]);
      },
    ),
    300,
  );
});

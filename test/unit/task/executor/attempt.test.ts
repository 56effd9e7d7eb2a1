import { describe, expect, it } from "vitest";
import { z } from "zod";
import { action, emit, RetryableError, TerminalError } from "../../../../services/actions.ts";
import { OUTCOME_ERRORS } from "../../../../services/contract/errors.ts";
import type { Task } from "../../../../services/contract/task.ts";
import { Attempt } from "../../../../services/task/executor/attempt.ts";
import type { AttemptHost } from "../../../../services/task/executor/attempt-host.ts";
import type { AttemptResult } from "../../../../services/task/executor/attempt-result.ts";
import { currentCode } from "../../../../services/task/executor/user-code.ts";
import { deafHost } from "../../support/attempt-host.ts";
import { settled } from "../../support/fake-clock.ts";

type Run = Parameters<typeof action>[0]["run"];

const MIB = 1024 * 1024;
const next = { stage: 1, action: "next" };

describe("what an action throws", () => {
  it.each([
    ["an error", new Error("no"), "no"],
    ["an error of another kind", new TypeError("no"), "no"],
    ["null", null, "null"],
    ["undefined", undefined, "undefined"],
    ["a text", "out of paper", "out of paper"],
    ["an empty text", "", ""],
    ["a number", 42, "42"],
    ["a BigInt", 42n, "42"],
    ["a symbol", Symbol("oops"), "Symbol(oops)"],
    ["an object", { status: 500 }, '{"status":500}'],
    ["a list", [1, 2], "[1,2]"],
    ["an object with a message", { message: "no" }, "no"],
    ["an object whose message is no text", { message: { deep: 1 } }, '{"message":{"deep":1}}'],
    ["an object without prototype", Object.create(null) as object, "{}"],
    ["a circular object", circular(), "an error that cannot be read"],
    ["a frozen error", Object.freeze(new Error("cold")), "cold"],
    ["an object that JSON cannot write", { big: 1n }, "an error that cannot be read"],
    ["an object that JSON ignores", { toJSON: () => undefined }, "an error without a message"],
    ["getters that throw", withGetter("message"), "an error that cannot be read"],
    ["a stack that throws", withGetter("stack"), "an error that cannot be read"],
    ["a proxy that throws", hostileProxy(), "an error that cannot be read"],
    ["a revoked proxy", revokedProxy(), "an error that cannot be read"],
  ])("becomes one TASK_FAILED that is tried again: %s", async (_, thrown, message) => {
    for (const run of [() => raise(thrown), () => Promise.reject(thrown)]) {
      const { error, isFinal, retryAfterMs } = failed(await resultsOf(run));
      expect(error).toMatchObject({ code: "TASK_FAILED", message });
      expect({ isFinal, retryAfterMs }).toEqual({ isFinal: false, retryAfterMs: null });
    }
  });

  it("is final when it is a TerminalError, of whatever module", async () => {
    for (const thrown of [
      new TerminalError("never", { code: "NEVER" }),
      Object.assign(new Error("never"), { name: "TerminalError", code: "NEVER" }),
    ]) {
      const result = failed(await resultsOf(() => raise(thrown)));
      expect(result.isFinal).toBe(true);
      expect(result.error).toMatchObject({ code: "NEVER", message: "never" });
    }
  });

  it.each([
    ["2s", 2_000],
    [250, 250],
    ["soon", null],
    [-1, null],
    [Number.NaN, null],
    ["999d", null],
    [{}, null],
    [1n, null],
    [undefined, null],
  ])("is tried again after %s: %s ms", async (retryAfter, retryAfterMs) => {
    const thrown = new RetryableError("busy", { retryAfter: retryAfter as string });
    expect(failed(await resultsOf(() => raise(thrown))).retryAfterMs).toBe(retryAfterMs);
  });

  it.each([[""], ["x".repeat(101)], [404], [null], [{}]])(
    "has no code of its own when that is %j",
    async (code) => {
      const thrown = Object.assign(new Error("no"), { code });
      expect(failed(await resultsOf(() => raise(thrown))).error.code).toBe("TASK_FAILED");
    },
  );

  it("is cut to a size that can be stored", async () => {
    const thrown = Object.assign(new Error("m".repeat(9_000)), { stack: "s".repeat(MIB) });
    const { error } = failed(await resultsOf(() => raise(thrown)));
    expect(error.message).toBe("m".repeat(4_000));
    expect(error.stack).toBe("s".repeat(4_000));
  });
});

describe("what an action returns", () => {
  it.each([
    ["nothing", undefined, "null"],
    ["null", null, "null"],
    ["a text", 'a "b"\n', '"a \\"b\\"\\n"'],
    ["a number", 1.5, "1.5"],
    ["NaN", Number.NaN, "null"],
    ["an object", { a: [1, undefined] }, '{"a":[1,null]}'],
    ["a date", new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ["a map", new Map([[1, 2]]), "{}"],
    ["half a character", "\ud800", '"\\ud800"'],
    ["a thenable", thenable((done) => done("late")), '"late"'],
    ["a frozen object", Object.freeze({ a: 1 }), '{"a":1}'],
    ["an object without prototype", Object.create(null) as object, "{}"],
  ])("is kept as JSON: %s", async (_, returned, json) => {
    expect(await resultsOf(() => returned)).toEqual([
      { ok: true, json, emission: null, emitted: null },
    ]);
  });

  it("may be 1 MiB long, counted in bytes", async () => {
    expect((await resultsOf(() => "x".repeat(MIB - 2)))[0]!.ok).toBe(true);
    expect((await resultsOf(() => "ä".repeat(MIB / 2 - 1)))[0]!.ok).toBe(true);
  });

  it.each([
    ["UNSERIALISABLE", "a BigInt", 1n],
    ["UNSERIALISABLE", "a deep BigInt", { deep: [1n] }],
    ["UNSERIALISABLE", "a circular object", circular()],
    ["UNSERIALISABLE", "a function", () => 1],
    ["UNSERIALISABLE", "a symbol", Symbol("x")],
    ["UNSERIALISABLE", "a toJSON that throws", withToJson(new Error("no"))],
    ["UNSERIALISABLE", "a toJSON that throws null", withToJson(null)],
    ["UNSERIALISABLE", "a toJSON that gives nothing", { toJSON: () => undefined }],
    ["UNSERIALISABLE", "a getter that throws", withGetter("value")],
    ["UNSERIALISABLE", "a proxy that throws when it is listed", unlistable()],
    ["RESULT_TOO_LARGE", "more than 1 MiB", "x".repeat(MIB - 1)],
    ["RESULT_TOO_LARGE", "more than 1 MiB of long characters", "漢".repeat(MIB / 3 + 1)],
    ["RESULT_TOO_LARGE", "more than 1 MiB beside an emission", emit("x".repeat(MIB), null)],
    ["INVALID_FANOUT", "an emission of no known kind", { $emit: { result: 1, fanout: {} } }],
    ["INVALID_FANOUT", "an emission without fan-out", { $emit: { result: 1 } }],
    ["INVALID_FANOUT", "an emission of a text", { $emit: { result: 1, fanout: "many" } }],
    ["INVALID_FANOUT", "two kinds at once", emit(1, { tasks: 1, foreach: { items: [] } })],
    ["INVALID_FANOUT", "a source", { $emit: { result: 1, fanout: { from: { action: "a" } } } }],
    ["INVALID_FANOUT", "a step of 0", emit(1, { range: { start: 1, stop: 2, step: 0 } })],
    ["FANOUT_TOO_LARGE", "more than 8 MiB of items", emit(1, { foreach: { items: nineMib() } })],
    ["FANOUT_TOO_LARGE", "too many tasks", emit(1, { tasks: 1_000_000_001 })],
    ["FANOUT_TOO_LARGE", "too long a range", emit(1, { range: { start: 0, stop: 2e9 } })],
    ["UNSERIALISABLE", "items that JSON cannot write", emit(1, { foreach: { items: [1n] } })],
  ] as const)("becomes one final %s: %s", async (code, _, returned) => {
    const { error, isFinal } = failed(await resultsOf(() => returned, { next }));
    expect(error.code).toBe(code);
    expect(isFinal).toBe(true);
    expect(Object.keys(OUTCOME_ERRORS)).toContain(error.code);
  });

  it.each([
    ["a then that throws", thenable(() => raise(new Error("no")))],
    ["a then that cannot be read", withGetter("then")],
    ["an $emit that cannot be read", withGetter("$emit")],
    ["a proxy that throws", hostileProxy()],
  ])("becomes one failure: %s", async (_, returned) => {
    expect(failed(await resultsOf(() => returned)).error.code).toBe("TASK_FAILED");
  });

  it("comes to nothing while a thenable does not settle, and to one time-out after that", async () => {
    const results: AttemptResult[] = [];
    const attempt = attemptOf(() => thenable(() => undefined), {}, results);
    attempt.start();
    await settled();
    expect(results).toEqual([]);
    attempt.timeOut(1_000);
    attempt.giveUp();
    attempt.giveUp();
    expect(failed(results).error.code).toBe("TASK_TIMEOUT");
  });

  it("counts once though a thenable settles again and again", async () => {
    const returned = thenable((done, no) => {
      done(1);
      done(2);
      no(new Error("no"));
    });
    expect(await resultsOf(() => returned)).toMatchObject([{ ok: true, json: "1" }]);
  });
});

describe("what is passed on", () => {
  it("is the result itself, as one task", async () => {
    expect(await resultsOf(() => 7, { next })).toEqual([
      { ok: true, json: "7", emission: null, emitted: 1 },
    ]);
  });

  it.each([
    [null, []],
    [{ tasks: 0 }, []],
    [{ foreach: { items: [] } }, []],
    [{ tasks: 3 }, ['{"n":3,"p":7,"o":2}']],
    [{ foreach: { items: [1, "a"] } }, ['{"n":2,"p":7,"o":2,"as":"item","v":[1,"a"]}']],
  ])("is what emit says: %j", async (fanout, emission) => {
    const [result] = await resultsOf(() => emit("done", fanout), { next, index: 7, origin: 2 });
    expect(result).toMatchObject({ ok: true, json: '"done"', emission });
  });

  it("is nothing in the last stage, where the fan-out is ignored", async () => {
    for (const fanout of [{ tasks: 3 }, { nonsense: true }]) {
      expect(await resultsOf(() => ({ $emit: { result: "done", fanout } }))).toEqual([
        { ok: true, json: '"done"', emission: null, emitted: null },
      ]);
    }
  });

  it.each([
    [{ $emit: { result: 1, fanout: null }, more: 1 }],
    [{ $emit: 1 }],
    [{ $emit: null }],
    [[{ $emit: { result: 1, fanout: null } }]],
  ])("is a plain result when it only looks like an emission: %j", async (returned) => {
    const [result] = await resultsOf(() => returned, { next });
    expect(result).toMatchObject({ ok: true, json: JSON.stringify(returned), emitted: 1 });
  });
});

describe("schemas", () => {
  const input = z.object({ item: z.coerce.number() });
  const output = z.object({ double: z.number() }).strip();

  it("read the input before the action sees it", async () => {
    const seen: unknown[] = [];
    const run: Run = (task) => seen.push(task.input);
    await resultsOf(run, { schemas: { input }, input: { item: "7", more: 1 } });
    expect(seen).toEqual([{ item: 7 }]);
  });

  it("refuse an input for good", async () => {
    const given = { schemas: { input }, input: { item: "many" } };
    const { error, isFinal } = failed(await resultsOf(() => raise("not called"), given));
    expect(error).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(/^item: /),
    });
    expect(isFinal).toBe(true);
  });

  it("refuse an output for good", async () => {
    const { error, isFinal } = failed(await resultsOf(() => ({}), { schemas: { output } }));
    expect(error).toMatchObject({
      code: "INVALID_OUTPUT",
      message: expect.stringMatching(/^double: /),
    });
    expect(isFinal).toBe(true);
  });

  it("write the output, also of an emission", async () => {
    const returned = { double: 2, secret: "x" };
    for (const run of [() => returned, () => emit(returned, null)]) {
      expect(await resultsOf(run, { schemas: { output } })).toMatchObject([
        { json: '{"double":2}' },
      ]);
    }
  });

  it("that throw are the task's failure", async () => {
    const hostile = z.unknown().transform(() => raise(new Error("bad schema")));
    for (const schemas of [{ input: hostile }, { output: hostile }]) {
      expect(failed(await resultsOf(() => 1, { schemas })).error.message).toBe("bad schema");
    }
  });
});

describe("an attempt", () => {
  it("is known to whatever its code leaves behind", async () => {
    let seen: unknown;
    const run: Run = () => {
      setImmediate(() => (seen = currentCode.getStore()?.name));
      return null;
    };
    await resultsOf(run);
    await settled();
    expect(seen).toBe("job/0/0");
  });

  it("ends as TASK_CRASHED when its code would have ended the process", async () => {
    const results: AttemptResult[] = [];
    const attempt = attemptOf(() => new Promise(() => {}), {}, results);
    attempt.start();
    attempt.crash(new Error("detached"));
    attempt.crash(new Error("again"));
    const { error, isFinal } = failed(results);
    expect(error).toMatchObject({
      code: "TASK_CRASHED",
      message: expect.stringMatching(/detached$/),
    });
    expect(isFinal).toBe(false);
  });

  it("cuts what it crashed with to a size that can be stored", async () => {
    const results: AttemptResult[] = [];
    const attempt = attemptOf(() => new Promise(() => {}), {}, results);
    attempt.crash(Object.assign(new Error("m".repeat(MIB)), { stack: "s".repeat(64 * MIB) }));
    expect(JSON.stringify(results).length).toBeLessThan(10_000);
  });

  it("is not heard of once it was discarded", async () => {
    const results: AttemptResult[] = [];
    const attempt = attemptOf(() => "done", {}, results);
    attempt.start();
    attempt.discard(new Error("stopped"));
    attempt.crash(new Error("late"));
    attempt.giveUp();
    await settled();
    expect(results).toEqual([]);
    expect(attempt.signal.aborted).toBe(true);
  });

  it("tells its host what its code says, and in which attempt", async () => {
    const said: unknown[] = [];
    const host = {
      log: ({ taskId, attempt }: Task, text: string) => said.push([taskId, attempt, text]),
    };
    await resultsOf((_, { log }) => log("half of it"), { host, attempt: 2 });
    expect(said).toEqual([["job/0/0", 2, "half of it"]]);
  });

  it("gives a signal that says why it was aborted", () => {
    const attempt = attemptOf(() => null, {}, []);
    expect(attempt.signal.aborted).toBe(false);
    attempt.timeOut(1_500);
    expect(attempt.signal.reason).toMatchObject({
      message: "The attempt took longer than 1500 ms.",
    });
  });
});

// --- internal ---

interface Given extends Partial<Task> {
  readonly host?: Partial<AttemptHost>;
  readonly schemas?: { readonly input?: z.ZodType; readonly output?: z.ZodType };
}

function attemptOf(
  run: Run,
  { schemas, host, ...fields }: Given,
  results: AttemptResult[],
): Attempt {
  const task: Task = {
    jobId: "job",
    stage: 0,
    index: 0,
    taskId: "job/0/0",
    parent: null,
    origin: 0,
    generation: 1,
    attempt: 1,
    action: "work",
    input: {},
    ...fields,
  };
  const settled = (result: AttemptResult) => results.push(result);
  const work = { kind: "function", name: "work", run, ...schemas } as const;
  return new Attempt(work, task, 0, settled, { ...deafHost, ...host });
}

async function resultsOf(run: Run, given: Given = {}): Promise<AttemptResult[]> {
  const results: AttemptResult[] = [];
  attemptOf(run, given, results).start();
  for (let turn = 0; results.length === 0 && turn < 10; turn += 1) await settled();
  await settled();
  expect(results).toHaveLength(1);
  return results;
}

function failed(results: readonly AttemptResult[]) {
  expect(results).toHaveLength(1);
  const [result] = results;
  if (result?.ok !== false) throw new Error("it did not fail");
  expect(() => JSON.stringify(result.error)).not.toThrow();
  return result;
}

function raise(thrown: unknown): never {
  throw thrown;
}

// oxlint-disable-next-line unicorn/no-thenable -- user code may return one
const THEN = "then";

function thenable(
  then: (done: (value: unknown) => void, no: (reason: unknown) => void) => void,
): object {
  return { [THEN]: then };
}

function circular(): object {
  const own: { self?: object } = {};
  own.self = own;
  return own;
}

function withGetter(name: string): object {
  return Object.defineProperty({}, name, {
    enumerable: true,
    get: () => raise(new Error(`${name} cannot be read`)),
  });
}

function withToJson(thrown: unknown): object {
  return { toJSON: () => raise(thrown) };
}

function hostileProxy(): object {
  const refuse = () => raise(new Error("no"));
  return new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse });
}

/** Lets itself be awaited, not be listed. */
function unlistable(): object {
  return new Proxy({}, { ownKeys: () => raise(new Error("no")) });
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function nineMib(): string[] {
  return Array.from({ length: 9 }, () => "x".repeat(MIB));
}

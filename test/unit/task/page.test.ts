import { describe, expect, it } from "vitest";
import { z } from "zod";
import { action, emit, TerminalError, type Action } from "../../../services/actions.ts";
import { SOURCE, taskId, type Task } from "../../../services/contract/task.ts";
import { Attempt } from "../../../services/task/executor/attempt.ts";
import type { AttemptResult } from "../../../services/task/executor/attempt-result.ts";
import { pageAction, pageText, storePage } from "../../../services/task/page.ts";
import { deafHost } from "../support/attempt-host.ts";

describe("a page", () => {
  it("passes its items on, and has the next cursor as its result", async () => {
    expect(await read({ items: ["a", { b: 1 }], cursor: { after: 2 } })).toEqual({
      ok: true,
      json: '{"after":2}',
      emission: ['{"n":2,"p":3,"o":3,"as":"row","v":["a",{"b":1}]}'],
      emitted: 2,
    });
  });

  it.each([
    { items: [], cursor: null },
    { items: [], cursor: 0, total: 7 },
  ])("may be empty, and say more than is asked: %j", async (answer) => {
    const json = JSON.stringify(answer.cursor);
    expect(await read(answer)).toEqual({ ok: true, json, emission: [], emitted: 0 });
  });

  it.each<[string, unknown, string, string]>([
    ["nothing", undefined, "INVALID_OUTPUT", "(whole)"],
    ["no items", { cursor: null }, "INVALID_OUTPUT", "items"],
    ["items that are no list", { items: new Set([1]), cursor: null }, "INVALID_OUTPUT", "items"],
    ["no cursor", { items: [] }, "INVALID_OUTPUT", "cursor: is missing"],
    ["a cursor that JSON has not", { items: [], cursor: Number.NaN }, "INVALID_OUTPUT", "JSON"],
    ["a cursor that is a function", { items: [], cursor: () => 1 }, "UNSERIALISABLE", "function"],
    ["a cursor too long", { items: [], cursor: "x".repeat(65_536) }, "RESULT_TOO_LARGE", "65538"],
    ["items too large", { items: Array(9).fill(MIB), cursor: 1 }, "FANOUT_TOO_LARGE", "8388608"],
    ["items that JSON has not", { items: [1n], cursor: 1 }, "UNSERIALISABLE", "BigInt"],
    ["an emission", emit(1, { tasks: 3 }), "INVALID_OUTPUT", "items"],
  ])("with %s fails for good and says what is wrong", async (_, answer, code, message) => {
    const result = await read(answer);
    expect(result).toMatchObject({ ok: false, isFinal: true, error: { code } });
    expect(!result.ok && result.error.message).toContain(message);
  });

  it("is checked, and read, by the output schema of its action", async () => {
    const output = z.object({
      items: z.array(z.string().toUpperCase()),
      cursor: z.number().nullable(),
    });
    const run = async (cursor: number | null) => ({ items: ["a"], cursor });
    expect(await attempt(action({ name: "list", output, run: () => run(1) }))).toMatchObject({
      emission: ['{"n":1,"p":3,"o":3,"as":"row","v":["A"]}'],
    });
    const wrong = action({ name: "list", output, run: () => run("x" as never) });
    expect(await attempt(wrong)).toMatchObject({
      isFinal: true,
      error: { code: "INVALID_OUTPUT" },
    });
  });

  it("fails as its action does", async () => {
    const refuse = () => {
      throw new TerminalError("no such table", { code: "NO_TABLE" });
    };
    expect(await attempt(action({ name: "list", run: refuse }))).toMatchObject({
      isFinal: true,
      error: { code: "NO_TABLE", message: "no such table" },
    });
    const flaky = action({ name: "list", run: () => Promise.reject(new Error("busy")) });
    expect(await attempt(flaky)).toMatchObject({ isFinal: false, error: { code: "TASK_FAILED" } });
  });
});

describe("a page that came by a call", () => {
  it("is stored as one of a function action is", () => {
    expect(storePage({ items: ["a"], cursor: 2 }, "row", task)).toEqual({
      ok: true,
      json: "2",
      emission: ['{"n":1,"p":3,"o":3,"as":"row","v":["a"]}'],
      emitted: 1,
    });
    expect(storePage({ rows: [] }, "row", task)).toMatchObject({
      isFinal: true,
      error: { code: "INVALID_OUTPUT" },
    });
  });

  it("is checked before it is written as JSON", () => {
    const output = z.object({ items: z.array(z.number()), cursor: z.number().nullable() });
    expect(pageText({ output }, { items: [1], cursor: null })).toBe('{"items":[1],"cursor":null}');
    expect(() => pageText({ output }, { items: ["a"], cursor: null })).toThrow("items.0");
    expect(() => pageText({}, { items: [], cursor: Number.NaN })).toThrow("must be JSON");
    expect(() => pageText({}, { items: [1n], cursor: 1 })).toThrow("BigInt");
    const large = { items: Array(9).fill(MIB), cursor: 1 };
    expect(() => pageText({}, large)).toThrow(
      expect.objectContaining({ code: "FANOUT_TOO_LARGE" }),
    );
  });
});

// --- internal ---

const task: Task = {
  jobId: "job",
  stage: SOURCE,
  index: 3,
  taskId: taskId("job", SOURCE, 3),
  parent: null,
  origin: 3,
  generation: 1,
  attempt: 1,
  action: "list",
  input: { cursor: null },
  next: { stage: 0, action: "work" },
};

const MIB = "x".repeat(1024 * 1024);

const read = (answer: unknown) => attempt(action({ name: "list", run: () => answer }));

function attempt(list: Action<never, never> | Action): Promise<AttemptResult> {
  return new Promise((resolve) =>
    new Attempt(pageAction(list, "row"), { ...task }, 0, resolve, deafHost).start(),
  );
}

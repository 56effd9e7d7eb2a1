import { describe, expect, it } from "vitest";
import { action, emit, fold, RetryableError, TerminalError } from "../../services/actions.ts";
import { durableAction } from "../../services/durable-action.ts";
import { OWN_SERVICES } from "../../services/wire/names.ts";

const run = () => null;

describe("action", () => {
  it.each(["a", "send_emails", "Send.Emails-2", "x".repeat(64)])("accepts the name %j", (name) => {
    expect(action({ name, run })).toEqual({ name, run, kind: "function" });
  });

  it.each([
    "",
    "1st",
    "_a",
    "a b",
    "a/b",
    "ä",
    "a\n",
    "x".repeat(65),
    "restate",
    "RestateX",
    "openapi",
    ...OWN_SERVICES,
  ])("refuses the name %j", (name) => {
    expect(() => durableAction({ name, run: async () => null })).toThrow(`got "${name}"`);
    expect(() => action({ name, run })).toThrow(TypeError);
    expect(() => action({ name, run })).toThrow(`got "${name}"`);
  });
});

describe("fold", () => {
  const step = (acc: number) => acc;

  it.each(["a", "summarize", "x".repeat(64)])("accepts the name %j", (name) => {
    expect(fold({ name, init: 0, step })).toEqual({ name, init: 0, step, kind: "fold" });
  });

  it.each(["", "1st", "a/b", "x".repeat(65), ...OWN_SERVICES])("refuses the name %j", (name) => {
    expect(() => fold({ name, init: 0, step })).toThrow(`got "${name}"`);
  });
});

describe("the limits of an action", () => {
  it.each([
    { concurrency: 1 },
    { concurrency: 100_000, rate: { tasks: 500, per: "1s" } },
    { rate: { tasks: 1, per: 60_000 } },
    { rate: null },
    {},
  ])("may be %j", (limits) => {
    expect(action({ name: "a", limits, run }).limits).toBe(limits);
  });

  it.each([
    ["no slots", { concurrency: 0 }, "limits.concurrency"],
    ["half a slot", { concurrency: 1.5 }, "limits.concurrency"],
    ["too many slots", { concurrency: 100_001 }, "limits.concurrency"],
    ["no tasks", { rate: { tasks: 0, per: "1s" } }, "limits.rate.tasks"],
    ["no time", { rate: { tasks: 1, per: "0s" } }, "limits.rate.per"],
    ["no unit", { rate: { tasks: 1, per: "10" } }, "limits.rate.per"],
  ])("are refused with %s", (_, limits, place) => {
    expect(() => action({ name: "send", limits, run })).toThrow(TypeError);
    expect(() => action({ name: "send", limits, run })).toThrow(
      `${place} of action "send" is wrong: `,
    );
  });

  it("are refused with a key that means nothing", () => {
    const limits: object = { concurency: 5 };
    expect(() => action({ name: "send", limits, run })).toThrow("concurency");
  });
});

describe("emit", () => {
  it("is an object with one key on the wire", () => {
    expect(emit({ sent: 1 }, { tasks: 2 })).toEqual({
      $emit: { result: { sent: 1 }, fanout: { tasks: 2 } },
    });
    expect(JSON.stringify(emit(1, null))).toBe('{"$emit":{"result":1,"fanout":null}}');
  });
});

describe("errors of actions", () => {
  it("keep their code, cause and name", () => {
    const cause = new Error("why");
    expect(new TerminalError("no", { code: "NO", cause })).toMatchObject({
      name: "TerminalError",
      message: "no",
      code: "NO",
      cause,
    });
    expect(new RetryableError("busy", { code: "BUSY", retryAfter: "2s", cause })).toMatchObject({
      name: "RetryableError",
      message: "busy",
      code: "BUSY",
      retryAfter: "2s",
      cause,
    });
  });

  it("have neither code nor delay unless they are given", () => {
    expect(new TerminalError("no").code).toBeUndefined();
    expect(new RetryableError("busy").retryAfter).toBeUndefined();
  });
});

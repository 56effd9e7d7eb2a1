import { describe, expect, it } from "vitest";
import { action, emit, fold, RetryableError, TerminalError } from "../../services/actions.ts";
import { OWN_SERVICES } from "../../services/wire/names.ts";

const run = () => null;

describe("action", () => {
  it.each(["a", "send_emails", "Send.Emails-2", "x".repeat(64)])("accepts the name %j", (name) => {
    expect(action({ name, run })).toEqual({ name, run, kind: "function" });
  });

  it.each(["", "1st", "_a", "a b", "a/b", "ä", "a\n", "x".repeat(65), ...OWN_SERVICES])(
    "refuses the name %j",
    (name) => {
      expect(() => action({ name, run })).toThrow(TypeError);
      expect(() => action({ name, run })).toThrow(`got "${name}"`);
    },
  );
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

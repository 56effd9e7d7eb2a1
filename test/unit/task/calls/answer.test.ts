import { TerminalError } from "@restatedev/restate-sdk";
import { describe, expect, it } from "vitest";
import { answerSerde, failureOf, resultOf } from "../../../../services/task/calls/answer.ts";

const task = {
  jobId: "job",
  stage: 0,
  index: 3,
  taskId: "job/0/3",
  parent: null,
  origin: 3,
  generation: 1,
  attempt: 1,
  action: "Crm/note",
  input: {},
};
const inChain = { ...task, next: { stage: 1, action: "next" } };
const answered = (text: string | Uint8Array) =>
  answerSerde.deserialize(typeof text === "string" ? new TextEncoder().encode(text) : text);

describe("resultOf", () => {
  it.each([
    ['{"a":1}', '{"a":1}'],
    ['{\n  "a": 1\n}', '{"a":1}'],
    ["", "null"],
    ["null", "null"],
  ])("keeps the answer %j as one line", (text, json) => {
    expect(resultOf(answered(text), task)).toEqual({
      ok: true,
      json,
      emission: null,
      emitted: null,
    });
  });

  it("passes on what was emitted, by whomever it was written", () => {
    const text = '{"$emit":{"result":7,"fanout":{"foreach":{"items":["a","b"]}}}}';
    expect(resultOf(answered(text), inChain)).toEqual({
      ok: true,
      json: "7",
      emission: ['{"n":2,"p":3,"o":3,"as":"item","v":["a","b"]}'],
      emitted: 2,
    });
    expect(resultOf(answered(text), task)).toMatchObject({ json: "7", emitted: null });
  });

  it.each([
    ["what is no JSON", "Hello!", "UNSERIALISABLE"],
    ["bytes that are no text", Uint8Array.of(0xff, 0xfe, 0x00), "UNSERIALISABLE"],
    ["what is nested too deep", "[".repeat(5_000) + "]".repeat(5_000), "UNSERIALISABLE"],
    ["more than a result may have", JSON.stringify("x".repeat(1_100_000)), "RESULT_TOO_LARGE"],
    ["more than anything may have", new Uint8Array(20_000_000), "RESULT_TOO_LARGE"],
    ["a fan-out that is none", '{"$emit":{"result":1,"fanout":{"many":3}}}', "INVALID_FANOUT"],
  ])("fails %s for good", (_, text, code) => {
    expect(resultOf(answered(text), inChain)).toMatchObject({
      ok: false,
      error: { code },
      isFinal: true,
    });
  });
});

describe("failureOf", () => {
  it("is final with a code for everything", () => {
    expect(failureOf(new TerminalError("no"))).toEqual({
      ok: false,
      error: { code: "TASK_FAILED", message: "no" },
      isFinal: true,
      retryAfterMs: null,
    });
  });

  it("has the code of the one who failed, and is tried again when that says so", () => {
    const metadata = { code: "BUSY", retryable: "true", retryAfterMs: "250" };
    expect(failureOf(new TerminalError("later", { metadata }))).toMatchObject({
      error: { code: "BUSY", message: "later" },
      isFinal: false,
      retryAfterMs: 250,
    });
  });

  it.each([{ retryable: "yes" }, { retryable: "" }, { code: "" }])(
    "is final with %j",
    (metadata) => {
      expect(failureOf(new TerminalError("no", { metadata }))).toMatchObject({
        error: { code: "TASK_FAILED" },
        isFinal: true,
      });
    },
  );

  it("has no code of a length that outcomes do not keep", () => {
    const metadata = { code: "X".repeat(101) };
    expect(failureOf(new TerminalError("no", { metadata }))).toMatchObject({
      error: { code: "TASK_FAILED" },
    });
  });

  it.each(["soon", "-5", "1e3", ""])("ignores the delay %j", (retryAfterMs) => {
    const metadata = { retryable: "true", retryAfterMs };
    expect(failureOf(new TerminalError("no", { metadata }))).toMatchObject({ retryAfterMs: null });
  });
});

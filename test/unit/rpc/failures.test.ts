import * as restate from "@restatedev/restate-sdk";
import { expect, it } from "vitest";
import { RetryableError, TerminalError } from "../../../services/actions.ts";
import { thrownError } from "../../../services/rpc/failures.ts";

it("is final with the code of a terminal error", () => {
  expect(thrownError(new TerminalError("no", { code: "NO_STOCK" }))).toMatchObject({
    message: "no",
    code: 500,
    metadata: { code: "NO_STOCK" },
  });
  expect(thrownError(new TerminalError("no"))).not.toHaveProperty("metadata.retryable");
});

it.each([
  [new Error("oops"), { code: "TASK_FAILED", retryable: "true" }],
  [
    new RetryableError("busy", { code: "BUSY", retryAfter: "2s" }),
    { code: "BUSY", retryable: "true", retryAfterMs: "2000" },
  ],
  ["a text", { code: "TASK_FAILED", retryable: "true" }],
  [new restate.RetryableError("busy"), { code: "TASK_FAILED", retryable: "true" }],
  [new restate.PauseError("busy"), { code: "TASK_FAILED", retryable: "true" }],
])("says that %s may be tried again", (thrown, metadata) => {
  const error = thrownError(thrown);
  expect(error).toBeInstanceOf(restate.TerminalError);
  expect((error as restate.TerminalError).metadata).toEqual(metadata);
});

it.each([
  new restate.CancelledError(),
  new restate.TerminalError("no", { metadata: { code: "JOB_ENDED" } }),
])("leaves Restate's own errors as they are", (error) => {
  expect(thrownError(error)).toBe(error);
});

it("says so even of what does not let itself be asked what it is", () => {
  const refuse = () => {
    throw new Error("no");
  };
  const unreadable = new Proxy({}, { getPrototypeOf: refuse, get: refuse });
  expect(thrownError(unreadable)).toMatchObject({ metadata: { retryable: "true" } });
});

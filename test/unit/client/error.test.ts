import { describe, expect, it } from "vitest";
import { FanfoldError, isFanfoldError, refusalOf } from "../../../clients/client/error.ts";

describe("refusalOf", () => {
  it("reads what the contract says of a refusal", () => {
    const issues = [{ path: "fanout", message: "is required" }];
    const metadata = { code: "INVALID_REQUEST", issues: JSON.stringify(issues) };
    const error = refusalOf(400, JSON.stringify({ code: 400, message: "Invalid.", metadata }));
    expect(error).toBeInstanceOf(FanfoldError);
    expect(error).toMatchObject({
      name: "FanfoldError",
      code: "INVALID_REQUEST",
      status: 400,
      message: "Invalid.",
      issues,
      retryAfterMs: undefined,
    });
  });

  it("reads when to come again", () => {
    const metadata = { code: "BACKLOG_FULL", retryAfterMs: "1500" };
    expect(refusalOf(429, JSON.stringify({ metadata }))).toMatchObject({ retryAfterMs: 1_500 });
  });

  it.each(["", "<html>Bad gateway</html>", "null", "[]", '"no"'])(
    "makes an error of any answer: %s",
    (text) => {
      expect(refusalOf(502, text)).toMatchObject({
        code: "INGRESS_ERROR",
        status: 502,
        issues: [],
        message: `The answer was 502 ${text}`.trim(),
      });
    },
  );
});

describe("isFanfoldError", () => {
  const error = new FanfoldError("JOB_SEALED", "Job a is sealed.");

  it("tells codes apart", () => {
    expect(isFanfoldError(error)).toBe(true);
    expect(isFanfoldError(error, "JOB_ENDED", "JOB_SEALED")).toBe(true);
    expect(isFanfoldError(error, "JOB_ENDED")).toBe(false);
  });

  it("knows the errors of another copy of the class", () => {
    const other: unknown = { name: "FanfoldError", code: "JOB_ENDED", message: "x" };
    expect(isFanfoldError(other, "JOB_ENDED")).toBe(true);
  });

  it.each([null, undefined, "FanfoldError", new Error("x"), { code: "JOB_ENDED" }])(
    "knows that %s is none",
    (value) => {
      expect(isFanfoldError(value)).toBe(false);
    },
  );
});

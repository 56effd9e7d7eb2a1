import { describe, expect, it } from "vitest";
import { ADVICE } from "../../../../clients/cli/shared/advice.ts";
import { errorLine, UsageError, usageLine } from "../../../../clients/cli/shared/error-line.ts";
import { FanfoldError } from "../../../../clients/client/index.ts";
import { CALL_ERRORS } from "../../../../services/contract/errors.ts";

describe("errorLine", () => {
  it("has the code, what happened, and what to do", () => {
    const error = new FanfoldError("JOB_NOT_FOUND", 'There is no job "nightly".');
    expect(errorLine(error)).toBe(
      'Error JOB_NOT_FOUND: There is no job "nightly". See fanfold ls for the jobs there are.',
    );
  });

  it("names each place of a request that is wrong", () => {
    const issues = [
      { path: "fanout.tasks", message: "must be at least 0" },
      { path: "", message: "must be an object" },
    ];
    expect(errorLine(new FanfoldError("INVALID_REQUEST", "unused", { issues }))).toBe(
      "Error INVALID_REQUEST: Not valid: fanout.tasks must be at least 0; must be an object. " +
        "Correct the request: fanfold plan checks one without starting it.",
    );
  });

  it("stays one line whatever was thrown", () => {
    expect(errorLine(new Error("first\n  second"))).toBe("Error FAILED: First second.");
    const missing = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT" });
    expect(errorLine(missing)).toBe("Error ENOENT: No such file.");
    expect(errorLine("a text")).toBe("Error FAILED: A text.");
    expect(errorLine(new UsageError("No such file"))).toBe("Error USAGE: No such file.");
  });

  it("says of wrong usage where the help is", () => {
    const text = "error: unknown option '--jsn'\n(Did you mean --json?)\n";
    expect(usageLine(text, "fanfold status")).toBe(
      "Error USAGE: Unknown option '--jsn' (Did you mean --json?) See fanfold status --help.",
    );
  });
});

describe("ADVICE", () => {
  it.each(Object.keys(CALL_ERRORS) as (keyof typeof CALL_ERRORS)[])("knows %s", (code) => {
    expect(ADVICE[code]).toMatch(/^[A-Z].*[.?]$/);
  });
});

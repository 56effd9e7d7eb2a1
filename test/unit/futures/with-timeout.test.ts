import { RestatePromise, TerminalError, TimeoutError } from "@restatedev/restate-sdk";
import { describe, expect, it } from "vitest";
import { withTimeout } from "../../../services/futures/index.ts";

describe("withTimeout", () => {
  it("is the value of what settles in time", async () => {
    expect(await withTimeout(RestatePromise.resolve("here"), "1s", "late")).toBe("here");
  });

  it("fails as what fails in time, be it for a timeout of its own", async () => {
    for (const error of [new TerminalError("boom"), new TimeoutError()]) {
      await expect(withTimeout(RestatePromise.reject(error), 0, "late")).rejects.toBe(error);
    }
  });

  it.each(["soon", "-1s", "1.5s", -1, 1.5, Number.NaN])("refuses %s as a duration", (duration) => {
    expect(() => withTimeout(RestatePromise.resolve(1), duration)).toThrow(
      'withTimeout: duration must be a duration such as "200ms"',
    );
  });

  it("refuses to wait for more than a year", () => {
    expect(() => withTimeout(RestatePromise.resolve(1), "366d")).toThrow(
      "withTimeout: duration must be at most 365 days",
    );
  });
});

import { RestatePromise, TerminalError } from "@restatedev/restate-sdk";
import { describe, expect, it } from "vitest";
import { bestEffort } from "../../../services/futures/index.ts";

describe("bestEffort", () => {
  it("parts what succeeded from what failed, each in the order of the arguments", async () => {
    const [first, second] = [new TerminalError("first"), new TerminalError("second")];
    const parts = await bestEffort(
      RestatePromise.reject(first),
      RestatePromise.resolve("a"),
      RestatePromise.reject(second),
      RestatePromise.resolve(4),
    );
    expect(parts).toEqual({
      succeeded: [
        { index: 1, ok: true, value: "a" },
        { index: 3, ok: true, value: 4 },
      ],
      failed: [
        { index: 0, ok: false, error: first },
        { index: 2, ok: false, error: second },
      ],
    });
  });

  it("has nothing of nothing", async () => {
    expect(await bestEffort()).toEqual({ succeeded: [], failed: [] });
  });
});

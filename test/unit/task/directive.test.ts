import { describe, expect, it } from "vitest";
import { newest, type Directive } from "../../../services/task/directive.ts";

const stop: Directive = { type: "stop", reason: "first" };

describe("newest", () => {
  it.each([null, { type: "pause" }, { type: "yield" }] as const)(
    "is what was heard last after %j",
    (current) => {
      expect(newest(current, { type: "yield" })).toEqual({ type: "yield" });
    },
  );

  it("stays with the first stop", () => {
    expect(newest(stop, { type: "yield" })).toBe(stop);
    expect(newest(stop, { type: "stop", reason: "second" })).toBe(stop);
  });
});

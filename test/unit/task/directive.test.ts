import { describe, expect, it } from "vitest";
import { newest, type Directive } from "../../../services/task/directive.ts";
import { perSecond, yieldTo } from "../support/limiters.ts";

const stop: Directive = { type: "stop", reason: "first" };
const giveWay = yieldTo({ rate: perSecond(5) });

describe("newest", () => {
  it.each([null, { type: "pause" }, yieldTo()] as const)(
    "is what was heard last after %j",
    (current) => {
      expect(newest(current, giveWay)).toBe(giveWay);
    },
  );

  it("stays with the first stop", () => {
    expect(newest(stop, giveWay)).toBe(stop);
    expect(newest(stop, { type: "stop", reason: "second" })).toBe(stop);
  });
});

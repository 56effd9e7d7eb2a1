import { describe, expect, it } from "vitest";
import { WEBHOOK_RETRY } from "../../../services/notify/by-webhook.ts";
import { retryDelay } from "../../../services/task/executor/retry.ts";

const delays = (random: number, isFinal = false) =>
  Array.from({ length: 8 }, (_, at) =>
    retryDelay(WEBHOOK_RETRY, { attempts: at + 1, isFinal, retryAfterMs: null }, () => random),
  );

describe("a failed webhook", () => {
  it("is tried again seven times, after a second at first and five minutes at last", () => {
    expect(delays(1)).toEqual(
      [1_000, 2_600, 6_760, 17_576, 45_698, 118_814, 300_000, null].map(near),
    );
  });

  it("is tried again up to twice as early", () => {
    expect(delays(0).at(0)).toBe(500);
    expect(delays(0).at(6)).toBe(150_000);
  });

  it("is not tried again when it is said to be in vain", () => {
    expect(delays(1, true)).toEqual(Array.from({ length: 8 }, () => null));
  });
});

// --- internal ---

function near(ms: number | null): unknown {
  return ms === null ? null : expect.closeTo(ms, -1);
}

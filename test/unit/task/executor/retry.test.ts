import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelay } from "../../../../services/task/executor/retry.ts";
import { holds } from "../../support/property.ts";

const plan = { maxAttempts: 5, initialMs: 100, maxMs: 1_000, factor: 3, jitter: false };
const failure = { attempts: 1, isFinal: false, retryAfterMs: null };

describe("retryDelay", () => {
  it.each([
    [1, 100],
    [2, 300],
    [3, 900],
    [4, 1_000],
    [5, null],
    [6, null],
  ])("after %i failed attempts is %j ms", (attempts, delay) => {
    expect(retryDelay(plan, { ...failure, attempts }, () => 0)).toBe(delay);
  });

  it.each([
    [0, 50],
    [0.5, 75],
    [0.999, 99.95],
  ])("lies in the upper half with jitter: %d gives %d ms", (random, delay) => {
    expect(retryDelay({ ...plan, jitter: true }, failure, () => random)).toBeCloseTo(delay);
  });

  it("is none for a final failure", () => {
    expect(retryDelay(plan, { ...failure, isFinal: true, retryAfterMs: 5 }, () => 0)).toBeNull();
  });

  it("is what the error asks for, also beyond the longest interval", () => {
    expect(retryDelay(plan, { ...failure, retryAfterMs: 60_000 }, () => 0)).toBe(60_000);
    expect(retryDelay(plan, { ...failure, retryAfterMs: 0 }, () => 0)).toBe(0);
  });

  it("does not go on for ever because the error asks for it", () => {
    expect(retryDelay(plan, { ...failure, attempts: 5, retryAfterMs: 1 }, () => 0)).toBeNull();
  });

  it("is a number from 0 to the longest interval, whatever a request may ask for", () => {
    const plans = fc.record({
      maxAttempts: fc.constant(1_000),
      initialMs: fc.oneof(fc.constant(0), fc.nat({ max: 31_536_000_000 })),
      maxMs: fc.oneof(fc.constant(0), fc.nat({ max: 31_536_000_000 })),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
      jitter: fc.boolean(),
    });
    holds(
      fc.property(
        plans,
        fc.integer({ min: 1, max: 999 }),
        fc.nat({ max: 999 }),
        (any, attempts, draw) => {
          const delay = retryDelay(any, { ...failure, attempts }, () => draw / 1_000);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(any.maxMs);
        },
      ),
      300,
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Duration, durationMs } from "../../../services/contract/duration.ts";
import { holds } from "../support/property.ts";

describe("Duration", () => {
  it.each([
    ["0ms", 0],
    ["200ms", 200],
    ["10s", 10_000],
    ["15m", 900_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
    ["007s", 7_000],
    ["365d", 31_536_000_000],
    ["31536000000ms", 31_536_000_000],
    [0, 0],
    [1_500, 1_500],
    [31_536_000_000, 31_536_000_000],
  ])("reads %j as %i ms", (duration, ms) => {
    expect(Duration.parse(duration)).toBe(duration);
    expect(durationMs(duration)).toBe(ms);
  });

  it.each([
    "",
    "s",
    "10",
    "1.5s",
    "-1s",
    "+1s",
    "1e3ms",
    " 1s",
    "1s ",
    "1s\n",
    "1 s",
    "1S",
    "1h30m",
    "10sec",
    "1w",
    "١s",
    "0x1s",
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    null,
    undefined,
    true,
    {},
    { seconds: 5 },
  ])("refuses %j", (value) => {
    expect(Duration.safeParse(value).success).toBe(false);
  });

  it.each(["10 sec", -1, 1.5, null])("says what a duration looks like when given %j", (value) => {
    expect(messageFor(value)).toMatch(/^must be a duration such as "200ms"/);
  });

  it.each(["366d", "31536000001ms", `${"9".repeat(400)}d`, 31_536_000_001])(
    "refuses %s as longer than a year",
    (value) => {
      expect(messageFor(value)).toBe("must be at most 365 days");
    },
  );

  it("reads every whole amount of every unit", () => {
    const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    holds(
      fc.property(
        fc.nat({ max: 365 }),
        fc.constantFrom<keyof typeof units>("ms", "s", "m", "h", "d"),
        (amount, unit) => {
          const duration = Duration.parse(`${amount}${unit}`);
          expect(durationMs(duration)).toBe(amount * units[unit]);
        },
      ),
    );
  });
});

// --- internal ---

function messageFor(value: unknown): string | undefined {
  return Duration.safeParse(value).error?.issues[0]?.message;
}

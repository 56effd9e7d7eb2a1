import { z } from "zod";

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const MAX_MS = 365 * UNIT_MS.d;
const SHAPE = {
  error: 'must be a duration such as "200ms", "10s", "15m", "24h", "7d", or whole milliseconds',
};

/** A span of time on the wire: `"200ms"`, `"15m"`, or whole milliseconds; at most 365 days. */
export const Duration = z
  .union([z.string().regex(/^\d+(ms|s|m|h|d)$/, SHAPE), z.int(SHAPE).min(0, SHAPE)], SHAPE)
  .refine((duration): boolean => durationMs(duration) <= MAX_MS, {
    error: "must be at most 365 days",
  });
export type Duration = string | number;

/** Milliseconds of a valid duration. */
export function durationMs(duration: Duration): number {
  if (typeof duration === "number") return duration;
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  return Number(amount) * (UNIT_MS[unit as keyof typeof UNIT_MS] ?? Number.NaN);
}

/** At most `tasks` attempts are started in `perMs`. */
export interface RatePlan {
  readonly tasks: number;
  readonly perMs: number;
}

/** Evenly spaced times, the first one `inMs` from now. */
export interface Starts {
  readonly inMs: number;
  readonly everyMs: number;
  readonly count: number;
}

/** What one holder has had of a limiter's starts. */
export interface StartClaim {
  readonly job: string;
  /** starts it has had; one of a job of which n holders wait counts n times */
  readonly served: number;
  /** it was given less than it wanted */
  readonly waits: boolean;
}

/** Starts are reserved this far ahead, and may be used this late: it is 4 % of ten seconds. */
export const HORIZON_MS = 400;

/**
 * Between two starts. Half a percent longer than the rate asks for, so that a start that is a little late
 * does not put one too many into the seconds after it.
 */
export const spacingMs = ({ tasks, perMs }: RatePlan): number => (perMs / tasks) * 1.005;

/**
 * Reserves at most `wanted` starts within the horizon, evenly spaced and after `lastAt` (GCRA, ITU-T I.371).
 * While `others` wait, nobody gets further ahead of the one that was served least than by its share of
 * `shareMs` (start-time fair queueing, Goyal et al., 1996).
 */
export function reserveStarts(
  rate: RatePlan,
  { now, lastAt, wanted, shareMs }: Record<"now" | "lastAt" | "wanted" | "shareMs", number>,
  mine: StartClaim,
  others: readonly StartClaim[],
): { starts: Starts; lastAt: number; served: number } {
  const everyMs = spacingMs(rate);
  const from = Math.max(now, lastAt + everyMs);
  const within = Math.floor((now + HORIZON_MS - from) / everyMs) + 1;
  const waiting = others.filter(({ waits }) => waits);
  const jobs = new Set([mine.job, ...waiting.map(({ job }) => job)]).size;
  const siblings = 1 + waiting.filter(({ job }) => job === mine.job).length;
  const least = Math.min(...waiting.map(({ served }) => served));
  // Who did not wait is owed nothing.
  const served = mine.waits || waiting.length === 0 ? mine.served : Math.max(mine.served, least);
  const fair = Math.ceil((least - served + shareMs / everyMs / jobs) / siblings);
  const count = Math.max(0, Math.min(wanted, within, fair));
  return {
    starts: { inMs: from - now, everyMs, count },
    lastAt: count > 0 ? from + (count - 1) * everyMs : lastAt,
    served: served + count * siblings,
  };
}

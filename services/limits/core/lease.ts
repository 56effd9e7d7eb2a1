import { grantSlots, type SlotClaim } from "./slots.ts";
import {
  HORIZON_MS,
  reserveStarts,
  spacingMs,
  type RatePlan,
  type StartClaim,
  type Starts,
} from "./starts.ts";

/** What a limiter keeps to. */
export interface Limits {
  /** attempts that may run at once; null: any number */
  readonly concurrency: number | null;
  readonly rate: RatePlan | null;
}

/** What a chunk says to a limiter. Who holds and wants nothing is forgotten. */
export interface LeaseRequest {
  readonly holder: string;
  readonly job: string;
  readonly limits: Limits;
  /** what an older definition says counts no more */
  readonly version: number;
  /** attempts that it may be running before it has the answer */
  readonly holds: number;
  /** attempts that run or for which it has starts */
  readonly needs: number;
  /** attempts that it could run at once if it had slots and starts for them */
  readonly most: number;
  /** further attempts that it would start soon */
  readonly starts: number;
  /** it comes back after this time at the latest */
  readonly beatMs: number;
}

export interface LeaseAnswer {
  /** attempts that may run at once; null: any number */
  readonly slots: number | null;
  /** null: at any time */
  readonly starts: Starts | null;
  /** not to be asked again before */
  readonly againInMs: number;
}

interface Holder extends SlotClaim, StartClaim {
  readonly seenAt: number;
  readonly until: number;
}

export interface LimiterState {
  readonly at: number;
  readonly limits: Limits;
  readonly version: number;
  /** the last start that was given out */
  readonly lastStartAt: number;
  readonly holders: Readonly<Record<string, Holder>>;
}

/** How long a chunk may use its slots after it has asked: three beats, and longer than a busy process is silent. */
export const leaseMs = (beatMs: number): number => Math.max(10_000, 3 * beatMs);

/**
 * One step of a limiter.
 *
 * 1. The slots of all holders together are never more than `concurrency`, unless that was lowered.
 * 2. No start is given out twice; starts are evenly spaced.
 * 3. Jobs are served evenly, then the chunks of a job; who waits is served before long.
 */
export function lease(
  before: LimiterState | null,
  request: LeaseRequest,
  at: number,
): { state: LimiterState; answer: LeaseAnswer } {
  const { now, lastStartAt, others, mine, limits, version } = recall(before, request, at);
  const pace = Math.max(MIN_PACE_MS, HOLDER_MS * (others.length + 1));
  const recent = now - Math.max(MIN_SEEN_MS, 3 * pace);
  const rivals = others.map(([, other]) => (other.seenAt >= recent ? other : satisfied(other)));

  const { concurrency, rate } = limits;
  // One is kept for the next start.
  const wish = (starts: number) => Math.min(request.most, Math.max(1, request.needs + starts));
  const claim = { ...mine, held: request.holds, wants: wish(request.starts) };
  const granted = concurrency === null ? Infinity : grantSlots(concurrency, claim, rivals);
  // Without a slot a start is of no use.
  const wanted = granted > 0 ? request.starts : 0;
  const reserved =
    rate &&
    reserveStarts(rate, { now, lastAt: lastStartAt, wanted, shareMs: 2 * pace }, mine, rivals);
  const count = reserved ? reserved.starts.count : wanted;
  const wants = granted > 0 ? wish(count) : claim.wants;
  const slots = Math.min(granted, wants);

  const holder: Holder = {
    job: request.job,
    held: Math.max(request.holds, slots),
    wants,
    waitsSince: slots < wants ? (mine.waitsSince ?? now) : null,
    served: reserved ? reserved.served : mine.served,
    waits: count < wanted,
    seenAt: now,
    until: now + leaseMs(request.beatMs),
  };
  const hasLeft = request.holds === 0 && request.most === 0;
  const state = {
    at: now,
    limits,
    version,
    lastStartAt: reserved ? reserved.lastAt : lastStartAt,
    holders: Object.fromEntries(hasLeft ? others : [...others, [request.holder, holder]]),
  };
  const nextInMs = nextStartAt(state) - HORIZON_MS - now;
  return {
    state,
    answer: {
      slots: concurrency === null ? null : slots,
      starts: reserved ? reserved.starts : null,
      againInMs: Math.max(pace, Math.min(MAX_PACE_MS, nextInMs)),
    },
  };
}

/** When the limiter has nothing to remember; null while somebody holds or wants something. */
export function idleAt(state: LimiterState): number | null {
  return Object.keys(state.holders).length > 0 ? null : nextStartAt(state);
}

/** Whose leases have run out in this step. */
export function expired(
  before: LimiterState | null,
  after: LimiterState,
  { holder }: Pick<LeaseRequest, "holder">,
): [holder: string, Pick<Holder, "job" | "held">][] {
  return Object.entries(before?.holders ?? {}).filter(
    ([id]) => id !== holder && !(id in after.holders),
  );
}

// --- internal ---

/** The time of the first start that was not given out. */
function nextStartAt({ limits, lastStartAt }: LimiterState): number {
  return limits.rate ? lastStartAt + spacingMs(limits.rate) : lastStartAt;
}

/** A limiter hears at most this often of one holder, and of all holders together. */
const MIN_PACE_MS = 200;
const HOLDER_MS = 10;
/** However far away the next start is: the rate may have been changed meanwhile. */
const MAX_PACE_MS = 1_000;
/** Who waits and was not heard of for so long, or three times the pace, keeps nobody waiting. */
const MIN_SEEN_MS = 1_500;

/** Where the limiter stands now, without the leases that have expired. */
function recall(before: LimiterState | null, request: LeaseRequest, at: number) {
  // The clocks of two processes differ: the one that is ahead counts.
  const now = Math.max(at, before?.at ?? at);
  // While nobody was heard of, nobody could be: a process or the server stood still.
  const stillMs = Math.max(0, now - (before?.at ?? now) - MIN_SEEN_MS);
  const holders = Object.entries(before?.holders ?? {});
  const others = holders
    .filter(([id]) => id !== request.holder)
    .map(([id, other]) => [id, { ...other, until: other.until + stillMs }] as const)
    .filter(([, { until }]) => until > now);
  const known = before && before.version > request.version ? before : request;
  return {
    now,
    lastStartAt: before?.lastStartAt ?? 0,
    others,
    mine: before?.holders[request.holder] ?? { job: request.job, ...NOBODY },
    limits: known.limits,
    version: known.version,
  };
}

const NOBODY = { held: 0, wants: 0, waitsSince: null, served: 0, waits: false };

/** It keeps what it has and waits for nothing. */
function satisfied(holder: Holder): Holder {
  return { ...holder, wants: holder.held, waitsSince: null, waits: false };
}

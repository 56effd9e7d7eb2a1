import { leaseMs, type LeaseRequest, type Limits } from "../../limits/core/lease.ts";
import type { Starts } from "../../limits/core/starts.ts";
import type { Clock } from "./clock.ts";
import { StartTimes } from "./start-times.ts";

/** What keeps tasks from starting: what their action allows all jobs together, or their stage's own rate. */
export type HeldBy = "limiter" | "rate";

/** A limiter that must grant what a chunk does. */
export interface LimiterRef {
  readonly kind: HeldBy;
  readonly key: string;
  readonly limits: Limits;
  readonly version: number;
}

/** What an execution asks of its limiters; made durable with the group that is taken at that moment. */
export interface LeaseAsk extends Pick<
  LeaseRequest,
  "holds" | "needs" | "most" | "starts" | "beatMs"
> {
  readonly limiters: readonly LimiterRef[];
}

/** What the limiters grant together. */
export interface Grant {
  /** null: any number */
  readonly slots: number | null;
  /** of each limiter that has a rate, in their order */
  readonly starts: readonly Starts[];
  readonly againInMs: number;
}

/** Where an execution stands. */
export interface Demand {
  readonly now: number;
  readonly running: number;
  /** tasks that could start now */
  readonly waiting: number;
  /** tasks that may run at once */
  readonly most: number;
}

/**
 * What an execution may do under its limiters. It begins with nothing and asks.
 *
 * From the moment it asks until it is answered it keeps to what it said it holds, so that the limiters know
 * at any time what it may be running at most.
 */
export class Lease {
  readonly #limiters: readonly LimiterRef[];
  readonly #clock: Clock;
  readonly #resume: () => void;
  readonly #boundsSlots: boolean;
  readonly #starts: readonly { readonly kind: HeldBy; readonly times: StartTimes }[];
  #slots: number;
  /** slots that the limiters believe it may use, and until when it may */
  #declared = 0;
  #until = Infinity;
  /** null: never, what it has was granted to one before it */
  #askedAt: number | null = null;
  #againAt = -Infinity;
  #beatMs = 0;
  /** starts that the last answer gave */
  #granted = 0;
  /** since it asked last: attempts begun, and the most that ran at once */
  #begun = 0;
  #peak = 0;
  #cancelTimer: (() => void) | null = null;
  #wakeAt = Infinity;

  /** `resume` is called when the time of a start has come. */
  constructor(limiters: readonly LimiterRef[], clock: Clock, resume: () => void) {
    this.#limiters = limiters;
    this.#clock = clock;
    this.#resume = resume;
    this.#boundsSlots = limiters.some(({ limits }) => limits.concurrency !== null);
    this.#slots = this.#boundsSlots ? 0 : Infinity;
    this.#starts = limiters
      .filter(({ limits }) => limits.rate !== null)
      .map(({ kind }) => ({ kind, times: new StartTimes() }));
  }

  /** What keeps the next attempt from starting now; null: nothing. */
  heldBy(now: number, running: number): HeldBy | null {
    if (running >= this.#slots || now >= this.#until) return "limiter";
    for (const { kind, times } of this.#starts) {
      const next = times.next(now);
      if (next <= now) continue;
      this.#wake(next);
      return kind;
    }
    return null;
  }

  /** An attempt has started; so many run now. */
  use(running: number): void {
    this.#begun += 1;
    this.#peak = Math.max(this.#peak, running);
    for (const { times } of this.#starts) times.use();
  }

  /** Starts are reserved for all that waits. */
  covers({ now, waiting }: Demand): boolean {
    return this.#starts.length > 0 && this.#reserved(now) >= waiting;
  }

  /** When to ask; Infinity: there is nothing to ask for. */
  askAt({ now, running, waiting, most }: Demand): number {
    const hasRoom = waiting > 0 && running < Math.min(most, this.#slots);
    const reserved = this.#reserved(now);
    if (hasRoom && reserved < waiting && reserved <= this.#granted / 2) return this.#againAt;
    if (!this.#boundsSlots) return Infinity;
    if (this.#declared > this.#needed(running, most, waiting)) return this.#againAt;
    return waiting > 0 ? Math.max(this.#againAt, this.#renewAt) : Infinity;
  }

  /** Whether to ask with the group that is taken now; what it holds is renewed at each beat. */
  isDue(demand: Demand, isBeat: boolean): boolean {
    return (isBeat && this.#declared > 0) || demand.now >= this.askAt(demand);
  }

  /** What to ask now. From here on it uses no more slots than it says. */
  ask({ now, running, waiting, most }: Demand, beatMs: number): LeaseAsk {
    const reserved = Math.min(waiting, this.#reserved(now));
    // It keeps a slot for the start that it waits for.
    const holds = this.#needed(running, most, Math.max(reserved, Math.min(1, waiting)));
    const isPaced = this.#starts.length > 0 && this.#askedAt !== null;
    const ask = {
      limiters: this.#limiters,
      holds,
      needs: running + reserved,
      most: Math.min(most, running + waiting, isPaced ? 2 * this.#peak + 1 : Infinity),
      starts: Math.min(waiting - reserved, isPaced ? this.#usable(running, most) : waiting),
      beatMs,
    };
    if (this.#boundsSlots) this.#slots = holds;
    this.#askedAt = now;
    this.#beatMs = beatMs;
    this.#begun = 0;
    this.#peak = running;
    return ask;
  }

  granted({ slots, starts, againInMs }: Grant): void {
    const now = this.#clock.now();
    if (slots !== null) {
      this.#declared = Math.max(this.#slots, slots);
      this.#slots = slots;
      this.#until = (this.#askedAt ?? now) + leaseMs(this.#beatMs);
    }
    for (const [at, { times }] of this.#starts.entries()) times.add(starts[at]!, now);
    this.#granted = Math.min(...starts.map(({ count }) => count));
    this.#againAt = now + againInMs;
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  // --- internal ---

  /** Others may want its slots, or have given theirs back. */
  get #renewAt(): number {
    return this.#askedAt === null ? -Infinity : this.#askedAt + RENEW_MS;
  }

  /** Infinity: it needs none. */
  #reserved(now: number): number {
    return Math.min(...this.#starts.map(({ times }) => times.count(now)));
  }

  /** Starts beyond these would be lost to others: none without a slot, else twice as many as lately. */
  #usable(running: number, most: number): number {
    return this.#slots === 0 ? 0 : 2 * this.#begun + most - running;
  }

  /** Slots that it uses, or will use with that many more attempts. */
  #needed(running: number, most: number, more: number): number {
    return Math.max(running, Math.min(this.#slots, most, running + more));
  }

  #wake(at: number): void {
    if (at >= this.#wakeAt) return;
    this.#cancelTimer?.();
    this.#wakeAt = at;
    this.#cancelTimer = this.#clock.timer(Math.max(1, at - this.#clock.now()), () => {
      this.#wakeAt = Infinity;
      this.#resume();
    });
  }
}

const RENEW_MS = 500;

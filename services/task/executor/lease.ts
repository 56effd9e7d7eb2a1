import { leaseMs, type LeaseRequest, type Limits } from "../../limits/core/lease.ts";
import type { Starts } from "../../limits/core/starts.ts";
import type { Clock } from "./clock.ts";
import { StartTimes } from "./start-times.ts";

/** What keeps tasks from starting: what their action allows all jobs together, their stage's own rate, or its slots. */
export type HeldBy = "limiter" | "rate" | "slots";

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
  readonly limiters: readonly LimiterRef[];
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
  #limiters: readonly LimiterRef[] = [];
  readonly #clock: Clock;
  readonly #resume: () => void;
  /** what has to grant slots; null: nothing */
  #bound: HeldBy | null = null;
  #starts: readonly { readonly kind: HeldBy; readonly times: StartTimes }[] = [];
  #slots = Infinity;
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
    this.#clock = clock;
    this.#resume = resume;
    this.change(limiters);
  }

  /**
   * These count from now on. If they are not those that counted before, it has nothing of theirs, whatever it
   * had, and asks them at once.
   */
  change(limiters: readonly LimiterRef[]): void {
    if (isSame(limiters, this.#limiters)) return;
    this.#limiters = limiters;
    this.#bound = limiters.find(({ limits }) => limits.concurrency !== null)?.kind ?? null;
    this.#slots = this.#bound === null ? Infinity : 0;
    this.#starts = limiters
      .filter(({ limits }) => limits.rate !== null)
      .map(({ kind }) => ({ kind, times: new StartTimes() }));
    this.#declared = 0;
    this.#until = Infinity;
    this.#askedAt = null;
    this.#againAt = -Infinity;
    this.#granted = 0;
  }

  /** What keeps the next attempt from starting now; null: nothing. */
  heldBy(now: number, running: number): HeldBy | null {
    if (running >= this.#slots || now >= this.#until) return this.#bound;
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
    if (this.#bound === null) return Infinity;
    // What began under other limiters takes slots of these.
    if (running > this.#declared) return this.#againAt;
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
    if (this.#bound !== null) this.#slots = holds;
    this.#askedAt = now;
    this.#beatMs = beatMs;
    this.#begun = 0;
    this.#peak = running;
    return ask;
  }

  /** An answer of limiters that do not count any more is none. */
  granted({ limiters, slots, starts, againInMs }: Grant): void {
    if (!isSame(limiters, this.#limiters)) return;
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

function isSame(some: readonly LimiterRef[], others: readonly LimiterRef[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ key, version }, at) => {
      const other = others[at]!;
      return key === other.key && version === other.version;
    })
  );
}

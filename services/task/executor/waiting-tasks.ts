import type { Directive } from "../directive.ts";
import type { LimitersUnder } from "../limiters.ts";
import type { Clock } from "./clock.ts";
import type { GroupHead, PendingTask } from "./group.ts";
import { Lease, type Demand, type Grant, type LimiterRef } from "./lease.ts";
import { RetryQueue } from "./retry-queue.ts";
import { Slots, type SlotsBefore } from "./slots.ts";
import { Unstarted } from "./unstarted.ts";

export interface WaitingOptions extends SlotsBefore {
  /** not yet ended, in index order; those beyond `lastKnown` were never started by an earlier attempt */
  readonly tasks: readonly PendingTask[];
  readonly lastKnown: number;
  /** what has to grant each attempt, beside the slots */
  readonly limiters: readonly LimiterRef[];
  readonly limitersUnder: LimitersUnder;
}

/**
 * The tasks of a chunk that wait for their first or their next attempt, and what lets them start: the slots
 * that the chunk has, and the leave of its limiters. `running` is how many attempts run now.
 *
 * While all that is left waits for retries that are far away it has no slots. It asks for some when they are
 * due.
 */
export class WaitingTasks {
  readonly #limitersUnder: LimitersUnder;
  readonly #clock: Clock;
  readonly #resume: () => void;
  readonly #unstarted: Unstarted;
  readonly #retries: RetryQueue;
  readonly #slots: Slots;
  #lease: Lease | null = null;
  #isHeld = false;

  /** `resume` is called when the time of a retry, or of a start, has come. */
  constructor(options: WaitingOptions, clock: Clock, resume: () => void) {
    const { tasks, lastKnown, limiters, limitersUnder } = options;
    this.#limitersUnder = limitersUnder;
    this.#clock = clock;
    this.#resume = resume;
    const untried = tasks.filter(({ attempts }) => attempts === 0);
    this.#unstarted = new Unstarted(untried, lastKnown);
    this.#retries = new RetryQueue(clock, resume);
    for (const task of tasks) if (task.attempts > 0) this.#retries.add(task);
    this.#slots = new Slots(options);
    this.#limit(limiters);
  }

  get isEmpty(): boolean {
    return this.#unstarted.isEmpty && this.#retries.size === 0;
  }

  get hasUnstarted(): boolean {
    return !this.#unstarted.isEmpty;
  }

  /** Some of them may go back to the job. */
  get mayReturn(): boolean {
    return this.#unstarted.mayReturn;
  }

  get isLimited(): boolean {
    return this.#lease !== null;
  }

  /** Attempts that may run at once. */
  get slots(): number {
    return this.#slots.count;
  }

  /** Whether one more may start, if one is ready. */
  mayStart(now: number, running: number): boolean {
    if (this.#isHeld || running >= this.#slots.count) return false;
    return !this.#lease || this.#lease.heldBy(now, running) === null;
  }

  /** The one to start now; undefined: none is ready. */
  next(now: number): PendingTask | undefined {
    return this.#retries.takeReady(now) ?? this.#unstarted.next();
  }

  /** The one that was taken has started, and runs now too. */
  started(running: number): void {
    this.#lease?.use(running);
  }

  /** It has failed, and waits for its next attempt. */
  retry(task: PendingTask): void {
    this.#retries.add(task);
  }

  /** All that must have an outcome here. */
  takeAll(): PendingTask[] {
    return [...this.#unstarted.takeAll(), ...this.#retries.takeAll()];
  }

  /** Lets go of those that may go back; the next group says so. */
  giveBack(): void {
    this.#unstarted.giveBack();
  }

  /** From which index on tasks have gone back since this was last asked; null: none has. */
  takeReturned(): number | null {
    return this.#unstarted.takeReturned();
  }

  obey(directive: Directive): void {
    this.giveBack();
    this.#isHeld = directive.type !== "yield";
    if (directive.type !== "yield") return;
    this.#limit(this.#limitersUnder(directive));
    this.#slots.grant(directive.granted);
  }

  /** What the limiters have answered. */
  granted(grant: Grant): void {
    this.#lease?.granted(grant);
  }

  /** When the limiters are to be asked; Infinity: there is nothing to ask for. */
  askAt(now: number, running: number): number {
    return this.#lease?.askAt(this.#demand(now, running)) ?? Infinity;
  }

  /** The limiters have granted the starts of all that waits. */
  isCovered(now: number, running: number): boolean {
    return this.#lease?.covers(this.#demand(now, running)) ?? false;
  }

  /** What a group says of the limiters, and asks them; what is held is renewed at each beat. */
  askLimiters(
    now: number,
    running: number,
    { isBeat, beatMs }: { readonly isBeat: boolean; readonly beatMs: number },
  ): Pick<GroupHead, "ask" | "heldBy"> {
    const lease = this.#lease;
    if (!lease) return {};
    const demand = this.#demand(now, running);
    const hasRoom = demand.waiting > 0 && running < demand.most;
    const heldBy = hasRoom ? lease.heldBy(now, running) : null;
    const ask = lease.isDue(demand, isBeat) ? lease.ask(demand, beatMs) : null;
    return { ...(ask ? { ask } : {}), ...(heldBy ? { heldBy } : {}) };
  }

  /** Slots that this chunk will not need again go to others. */
  releaseSlots(now: number, running: number): void {
    this.#slots.keep(running + this.#unstarted.size + this.#retries.slotsNeeded(now));
  }

  /**
   * Notes how many slots are wanted here. True: the job has to hear of them now, as others wait for those that
   * a chunk with far retries leaves, and its retries for those that it wants.
   */
  wantSlots(now: number, running: number): boolean {
    // What may still go back to the job does, before it needs slots here.
    if (!this.mayReturn) this.#slots.want(running + this.#ready(now));
    return this.#retries.size > 0 && this.#slots.hasNews;
  }

  /** The job is being told of the slots. */
  toldOfSlots(): void {
    this.#slots.told();
  }

  /** What a group says of them. */
  get head(): Pick<GroupHead, "retrying" | "nextRetryAt" | "released" | "wants"> {
    return {
      retrying: this.#retries.size,
      nextRetryAt: this.#retries.nextAt,
      ...this.#slots.head,
    };
  }

  stop(): void {
    this.#retries.stop();
    this.#lease?.stop();
  }

  // --- internal ---

  /** Tasks that could start now. */
  #ready(now: number): number {
    return this.#unstarted.size + (this.#isHeld ? 0 : this.#retries.readyCount(now));
  }

  #demand(now: number, running: number): Demand {
    const most = this.#slots.count;
    return { now, running, waiting: most === 0 ? 0 : this.#ready(now), most };
  }

  #limit(limiters: readonly LimiterRef[]): void {
    if (this.#lease) this.#lease.change(limiters);
    else if (limiters.length > 0) this.#lease = new Lease(limiters, this.#clock, this.#resume);
  }
}

import type { AnyAction } from "../../actions.ts";
import { LIMITS } from "../../contract/limits.ts";
import type { StagePlan } from "../../job/core/plan.ts";
import { newest, stopReason, type Directive } from "../directive.ts";
import type { LimitersUnder } from "../limiters.ts";
import { admission, type Entry } from "./admission.ts";
import { Attempt } from "./attempt.ts";
import type { AttemptHost } from "./attempt-host.ts";
import type { AttemptResult } from "./attempt-result.ts";
import type { Clock } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import type { Group, GroupHead, PendingTask } from "./group.ts";
import { Lease, type Demand, type Grant, type LimiterRef } from "./lease.ts";
import { Outbox } from "./outbox.ts";
import { Results, type ResultsOptions } from "./results.ts";
import { taskOf, tried, type ChunkTasks } from "./pending-task.ts";
import { Pump } from "./pump.ts";
import { RetryQueue } from "./retry-queue.ts";
import { Schedule, type ScheduleOptions } from "./schedule.ts";
import { drainable } from "./shutdown.ts";
import { Slots, type SlotsBefore } from "./slots.ts";
import { Unstarted } from "./unstarted.ts";
import { WORKER } from "./worker.ts";

export interface ExecutionOptions
  extends
    ChunkTasks,
    ResultsOptions,
    ScheduleOptions,
    SlotsBefore,
    Pick<AttemptHost, "log" | "spans"> {
  readonly action: AnyAction;
  readonly plan: Pick<StagePlan, "retry" | "timeoutMs" | "graceMs" | "durability">;
  /** slots that the chunk was sent with */
  readonly window: number;
  /** what has to grant each attempt, beside the window */
  readonly limiters: readonly LimiterRef[];
  readonly limitersUnder: LimitersUnder;
  /** not yet ended, in index order; those beyond `lastKnown` were never started by an earlier attempt */
  readonly tasks: readonly PendingTask[];
  readonly lastKnown: number;
  /** the job knows of it */
  readonly isIntroduced: boolean;
  /** the newest that an earlier attempt has heard */
  readonly directive: Directive | null;
  /** it may run while others are held back */
  readonly isSuspect: boolean;
  readonly clock: Clock;
}

/**
 * Runs the tasks of one chunk, and hands out their outcomes in groups.
 *
 * 1. An outcome leaves the buffer when a group takes it; the group after it is asked for only once it is durable.
 * 2. No task starts while more than max(window, 500) outcomes, or outcomes older than 5 s, are not durable.
 * 3. After five seconds, or 16 MiB of outcomes, tasks that were not started are given back, so that a
 *    chunk never lasts much longer than its longest task.
 * 4. After a pause or a stop nothing starts. A stopped task ends as CANCELLED unless its code returns.
 * 5. While all that is left waits for retries that are far away it has no slots. It asks for some when they
 *    are due.
 * 6. In a process that ends nothing starts either. The last group of what ran says that it leaves the rest.
 */
export class Execution {
  readonly #options: ExecutionOptions;
  readonly #unstarted: Unstarted;
  readonly #retries: RetryQueue;
  readonly #running = new Set<Attempt>();
  readonly #host: AttemptHost;
  readonly #deadlines: Deadlines;
  readonly #results: Results;
  readonly #outbox: Outbox;
  readonly #schedule: Schedule;
  readonly #pump: Pump;
  readonly #entry: Entry;
  #lease: Lease | null = null;
  readonly #undrain: () => void;
  #directive: Directive | null = null;
  /** what a task has said since the last group */
  #progress: string | null = null;
  readonly #slots: Slots;
  /** when the job is to learn of it at the latest; many have ended before */
  #introduceAt: number;
  #isStopped = false;
  #isLeaving = false;
  #hasAbandoned = false;
  #wake: (() => void) | null = null;
  /** until when the wait for the next group lasts */
  #wakeAt = Infinity;

  constructor(options: ExecutionOptions) {
    const { plan, clock, tasks, lastKnown, directive } = options;
    const { jobId, limiters, isSuspect, isIntroduced } = options;
    this.#options = options;
    this.#pump = new Pump(
      clock,
      (now) => this.#mayStart(now),
      (now) => this.#startNext(now),
    );
    this.#unstarted = new Unstarted(
      tasks.filter(({ attempts }) => attempts === 0),
      lastKnown,
    );
    this.#retries = new RetryQueue(clock, this.#retryDue);
    for (const task of tasks) if (task.attempts > 0) this.#retries.add(task);
    this.#deadlines = new Deadlines(plan, clock);
    this.#outbox = new Outbox(plan.durability);
    this.#results = new Results(options, { outbox: this.#outbox, retries: this.#retries });
    this.#schedule = new Schedule(options, clock.now());
    this.#slots = new Slots(options);
    this.#introduceAt = isIntroduced ? Infinity : clock.now() + INTRODUCE_MS;
    this.#entry = admission.enter(jobId, this.#startMore, { isSuspect });
    this.#limit(limiters);
    this.#host = { progress: this.#say, log: options.log, spans: options.spans };
    this.#undrain = drainable(this);
    if (directive) this.#obey(directive);
    // It has yet to be told what it may use.
    else if (options.granted === 0) this.#schedule.hasten();
  }

  /** The next group: when it is full, 50 ms after its first outcome, at a beat, or at the end. */
  async take(): Promise<Group> {
    const { clock } = this.#options;
    this.#outbox.acknowledge();
    this.#pump.run();
    for (let now = clock.now(); !this.#isDue(now); now = clock.now()) {
      this.#wakeAt = this.#dueAt(now);
      await new Promise<void>((resolve) => {
        const cancel = clock.timer(Math.max(1, this.#wakeAt - now), resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
      this.#wake = null;
    }
    return this.#group(clock.now());
  }

  /** Does what the job says; the group that tells what came of it is due at once. */
  direct(directive: Directive): void {
    if (this.#isStopped) return;
    this.#obey(directive);
    this.#schedule.hasten();
    this.#wake?.();
    this.#pump.run();
  }

  /** What the limiters answered to the last group's question. */
  granted(grant: Grant): void {
    this.#lease?.granted(grant);
    this.#startMore();
  }

  /** Starts nothing more; when what runs has ended, a group leaves the rest to another process. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#hasLeft) this.#wake?.();
  }

  /** Lets go of what runs: it starts again in another process. */
  abandon(): void {
    this.#hasAbandoned ||= this.#running.size > 0;
    this.#discardAll();
    this.#wake?.();
  }

  /** Lets go of everything: the attempt that owns this has ended. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#retries.stop();
    this.#deadlines.stop();
    this.#lease?.stop();
    this.#discardAll();
    this.#undrain();
    this.#entry.leave();
  }

  // --- internal ---

  get #isDone(): boolean {
    if (this.#hasAbandoned) return false;
    return this.#unstarted.isEmpty && this.#retries.size === 0 && this.#running.size === 0;
  }

  /** Nothing runs, and nothing will. */
  get #hasLeft(): boolean {
    return this.#isLeaving && this.#running.size === 0;
  }

  #isDue(now: number): boolean {
    return this.#outbox.isFull || this.#isDone || this.#hasLeft || now >= this.#dueAt(now);
  }

  #dueAt(now: number): number {
    const scheduledAt = this.#schedule.dueAt(this.#outbox.unsavedSince, this.#unstarted.mayReturn);
    const dueAt = Math.min(scheduledAt, this.#introduceAt);
    return this.#lease ? Math.min(dueAt, this.#lease.askAt(this.#demand(now))) : dueAt;
  }

  /** Ends the wait for the next group if it is due before that. */
  #hurry(now: number): void {
    if (!this.#wake) return;
    if (this.#outbox.isFull || this.#isDone || this.#hasLeft) return this.#wake();
    if (this.#dueAt(now) < this.#wakeAt) this.#wake();
  }

  /** Something may start that might not before; the limiters may have to be asked for more. */
  readonly #startMore = (): void => {
    this.#pump.run();
    if (this.#lease) this.#hurry(this.#options.clock.now());
  };

  readonly #retryDue = (): void => {
    this.#startMore();
    const now = this.#options.clock.now();
    this.#tellOfSlots(now);
    this.#hurry(now);
  };

  /** Tasks that could start now. */
  #ready(now: number): number {
    const isPaused = this.#directive?.type === "pause";
    return this.#unstarted.size + (isPaused ? 0 : this.#retries.readyCount(now));
  }

  #demand(now: number): Demand {
    const most = this.#slots.count;
    const waiting = most === 0 ? 0 : this.#ready(now);
    return { now, running: this.#running.size, waiting, most };
  }

  #group(now: number): Group {
    const { lines, passesOn, ...taken } = this.#outbox.take(now);
    this.#schedule.count({ lines, ...taken });
    if (this.#schedule.isSliceOver(now)) this.#unstarted.giveBack();
    const returnedFrom = this.#unstarted.takeReturned();
    const returns = returnedFrom !== null;
    const runsOut = this.#lease?.covers(this.#demand(now)) ?? false;
    if (runsOut || this.#unstarted.isEmpty) this.#releaseSlots(now);
    this.#tellOfSlots(now);
    const report = this.#schedule.takeReport(now, { passesOn, returns, runsOut });
    if (report) this.#slots.told();
    const introduces = !report && !this.#isDone && now >= this.#introduceAt;
    if (report || introduces) this.#introduceAt = Infinity;
    const head: GroupHead = {
      ...taken,
      at: Math.round(now),
      worker: WORKER,
      running: this.#running.size,
      retrying: this.#retries.size,
      nextRetryAt: this.#retries.nextAt,
      ...this.#slots.head,
      returnedFrom,
      report,
      ...(introduces ? { introduces } : {}),
      ...(this.#progress === null ? {} : { progress: this.#progress }),
      ...(this.#hasLeft && this.#outbox.isEmpty && !this.#isDone ? { leaves: true } : {}),
      ...(this.#lease ? this.#leaseHead(this.#lease, now, report) : {}),
    };
    this.#progress = null;
    return { head, lines };
  }

  #leaseHead(lease: Lease, now: number, isBeat: boolean): Pick<GroupHead, "ask" | "heldBy"> {
    const demand = this.#demand(now);
    const { running, waiting, most } = demand;
    const heldBy = waiting > 0 && running < most ? lease.heldBy(now, running) : null;
    const beatMs = Math.round(this.#schedule.beatMs);
    const ask = lease.isDue(demand, isBeat) ? lease.ask(demand, beatMs) : null;
    return { ...(ask ? { ask } : {}), ...(heldBy ? { heldBy } : {}) };
  }

  /** Slots that this chunk will not need again go to others. */
  #releaseSlots(now: number): void {
    // What comes after this execution, in another process or in the next round, needs them.
    if (this.#isDone || this.#isLeaving) return;
    const waiting = this.#unstarted.size + this.#retries.slotsNeeded(now);
    this.#slots.keep(this.#running.size + waiting);
  }

  /** Others wait for slots that a chunk with far retries leaves, and its retries for those that it wants. */
  #tellOfSlots(now: number): void {
    // What may still go back to the job does, before it needs slots here.
    if (!this.#unstarted.mayReturn) this.#slots.want(this.#running.size + this.#ready(now));
    if (this.#retries.size > 0 && this.#slots.hasNews) this.#schedule.speak(now);
  }

  #obey(directive: Directive): void {
    const { limitersUnder } = this.#options;
    this.#directive = newest(this.#directive, directive);
    this.#unstarted.giveBack();
    if (this.#directive.type === "yield") {
      this.#limit(limitersUnder(this.#directive));
      this.#slots.grant(this.#directive.granted);
    }
    if (this.#directive.type === "stop") this.#cancelAll(this.#directive.reason);
  }

  #limit(limiters: readonly LimiterRef[]): void {
    if (this.#lease) this.#lease.change(limiters);
    else if (limiters.length > 0) {
      this.#lease = new Lease(limiters, this.#options.clock, this.#startMore);
    }
  }

  #cancelAll(reason: string): void {
    const now = this.#options.clock.now();
    const waiting = [...this.#unstarted.takeAll(), ...this.#retries.takeAll()];
    this.#results.cancel(waiting, reason, now);
    this.#deadlines.cancelAll(new Error(reason));
  }

  #mayStart(now: number): boolean {
    const { window } = this.#options;
    if (this.#isStopped || this.#isLeaving || this.#directive?.type === "pause") return false;
    if (this.#running.size >= this.#slots.count) return false;
    if (this.#outbox.unacknowledged > Math.max(window, LIMITS.commitOutcomes)) return false;
    if (now - this.#outbox.oldestAt(now) > MAX_UNACKNOWLEDGED_MS) return false;
    if (this.#lease && this.#lease.heldBy(now, this.#running.size) !== null) return false;
    return this.#entry.mayStart();
  }

  /** False: nothing is ready. */
  #startNext(now: number): boolean {
    const task = this.#retries.takeReady(now) ?? this.#unstarted.next();
    if (task) this.#start(task, now);
    return task !== undefined;
  }

  #start(pending: PendingTask, now: number): void {
    const { action } = this.#options;
    const task = taskOf(pending, this.#options);
    const attempt: Attempt = new Attempt(
      action,
      task,
      now,
      (result) => this.#settled(pending, attempt, result),
      this.#host,
    );
    this.#schedule.start();
    this.#running.add(attempt);
    this.#entry.started();
    this.#lease?.use(this.#running.size);
    this.#deadlines.add(attempt);
    attempt.start();
  }

  #settled(pending: PendingTask, attempt: Attempt, result: AttemptResult): void {
    if (this.#isStopped) return;
    const now = this.#options.clock.now();
    this.#running.delete(attempt);
    this.#deadlines.remove(attempt);
    this.#outbox.spend(now - attempt.startedAt);
    const stopped = stopReason(this.#directive);
    this.#results.record(tried(pending, attempt, now), result, { now, stopped });
    this.#hurry(now);
    this.#entry.ended();
    this.#startMore();
  }

  #discardAll(): void {
    const reason = new Error("The worker gave this attempt up; the task runs again.");
    for (const attempt of this.#running) attempt.discard(reason);
    this.#running.clear();
  }

  readonly #say = (text: string): void => {
    const now = this.#options.clock.now();
    this.#progress = text;
    this.#schedule.speak(now);
    this.#hurry(now);
  };
}

const MAX_UNACKNOWLEDGED_MS = 5_000;
const INTRODUCE_MS = 500;

import type { AnyAction } from "../../actions.ts";
import { LIMITS } from "../../contract/limits.ts";
import type { StagePlan } from "../../job/core/plan.ts";
import { newest, stopReason, type Directive } from "../directive.ts";
import { admission, type Entry } from "./admission.ts";
import { Attempt } from "./attempt.ts";
import type { AttemptHost } from "./attempt-host.ts";
import type { AttemptResult } from "./attempt-result.ts";
import type { Clock } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import type { Group, GroupHead, PendingTask } from "./group.ts";
import type { Grant } from "./lease.ts";
import { Outbox } from "./outbox.ts";
import { Results, type ResultsOptions } from "./results.ts";
import { taskOf, tried, type ChunkTasks } from "./pending-task.ts";
import { Pump } from "./pump.ts";
import { Schedule, type ScheduleOptions } from "./schedule.ts";
import { drainable } from "./shutdown.ts";
import { turn } from "./turn.ts";
import { WaitingTasks, type WaitingOptions } from "./waiting-tasks.ts";
import { WORKER } from "./worker.ts";

export interface ExecutionOptions
  extends
    ChunkTasks,
    ResultsOptions,
    ScheduleOptions,
    WaitingOptions,
    Pick<AttemptHost, "log" | "spans"> {
  readonly action: AnyAction;
  readonly plan: Pick<StagePlan, "retry" | "timeoutMs" | "graceMs" | "durability">;
  /** slots that the chunk was sent with */
  readonly window: number;
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
 * 5. In a process that ends nothing starts either. The last group of what ran says that it leaves the rest.
 */
export class Execution {
  readonly #options: ExecutionOptions;
  readonly #waiting: WaitingTasks;
  readonly #running = new Set<Attempt>();
  readonly #host: AttemptHost;
  readonly #deadlines: Deadlines;
  readonly #results: Results;
  readonly #outbox: Outbox;
  readonly #schedule: Schedule;
  readonly #pump: Pump;
  readonly #entry: Entry;
  readonly #undrain: () => void;
  #directive: Directive | null = null;
  /** what a task has said since the last group */
  #progress: string | null = null;
  /** when the job is to learn of it at the latest; many have ended before */
  #introduceAt: number;
  #startsMoreSoon = false;
  #isStopped = false;
  #isLeaving = false;
  #hasAbandoned = false;
  #wake: (() => void) | null = null;
  /** until when the wait for the next group lasts */
  #wakeAt = Infinity;

  constructor(options: ExecutionOptions) {
    const { plan, clock, jobId, directive, isSuspect, isIntroduced } = options;
    this.#options = options;
    this.#pump = new Pump(
      clock,
      (now) => this.#mayStart(now),
      (now) => this.#startNext(now),
    );
    this.#waiting = new WaitingTasks(options, clock, this.#resume);
    this.#deadlines = new Deadlines(plan, clock);
    this.#outbox = new Outbox(plan.durability);
    this.#results = new Results(options, { outbox: this.#outbox, waiting: this.#waiting });
    this.#schedule = new Schedule(options, clock.now());
    this.#introduceAt = isIntroduced ? Infinity : clock.now() + INTRODUCE_MS;
    this.#entry = admission.enter(jobId, this.#startMore, { isSuspect });
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
    this.#waiting.granted(grant);
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
    this.#waiting.stop();
    this.#deadlines.stop();
    this.#discardAll();
    this.#undrain();
    this.#entry.leave();
  }

  // --- internal ---

  get #isDone(): boolean {
    if (this.#hasAbandoned) return false;
    return this.#waiting.isEmpty && this.#running.size === 0;
  }

  /** Nothing runs, and nothing will. */
  get #hasLeft(): boolean {
    return this.#isLeaving && this.#running.size === 0;
  }

  #isDue(now: number): boolean {
    return this.#outbox.isFull || this.#isDone || this.#hasLeft || now >= this.#dueAt(now);
  }

  #dueAt(now: number): number {
    const scheduledAt = this.#schedule.dueAt(this.#outbox.unsavedSince, this.#waiting.mayReturn);
    const askAt = this.#waiting.askAt(now, this.#running.size);
    return Math.min(scheduledAt, this.#introduceAt, askAt);
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
    if (this.#waiting.isLimited) this.#hurry(this.#options.clock.now());
  };

  /** The time of a retry, or of a start, has come. */
  readonly #resume = (): void => {
    this.#startMore();
    const now = this.#options.clock.now();
    this.#tellOfSlots(now);
    this.#hurry(now);
  };

  #group(now: number): Group {
    const { lines, passesOn, ...taken } = this.#outbox.take(now);
    this.#schedule.count({ lines, ...taken });
    const running = this.#running.size;
    const waiting = this.#waiting;
    if (this.#schedule.isSliceOver(now)) waiting.giveBack();
    const returnedFrom = waiting.takeReturned();
    const returns = returnedFrom !== null;
    const runsOut = waiting.isCovered(now, running);
    // What comes after this execution, in another process or in the next round, needs its slots.
    const isOver = this.#isDone || this.#isLeaving;
    if (!isOver && (runsOut || !waiting.hasUnstarted)) waiting.releaseSlots(now, running);
    this.#tellOfSlots(now);
    const report = this.#schedule.takeReport(now, { passesOn, returns, runsOut });
    if (report) waiting.toldOfSlots();
    const introduces = !report && !this.#isDone && now >= this.#introduceAt;
    if (report || introduces) this.#introduceAt = Infinity;
    const head: GroupHead = {
      ...taken,
      at: Math.round(now),
      worker: WORKER,
      running,
      ...waiting.head,
      returnedFrom,
      report,
      ...(introduces ? { introduces } : {}),
      ...(this.#progress === null ? {} : { progress: this.#progress }),
      ...(this.#hasLeft && this.#outbox.isEmpty && !this.#isDone ? { leaves: true } : {}),
      ...waiting.askLimiters(now, running, {
        isBeat: report,
        beatMs: Math.round(this.#schedule.beatMs),
      }),
    };
    this.#progress = null;
    return { head, lines };
  }

  #tellOfSlots(now: number): void {
    if (this.#waiting.wantSlots(now, this.#running.size)) this.#schedule.speak(now);
  }

  #obey(directive: Directive): void {
    this.#directive = newest(this.#directive, directive);
    this.#waiting.obey(this.#directive);
    if (this.#directive.type === "stop") this.#cancelAll(this.#directive.reason);
  }

  #cancelAll(reason: string): void {
    const now = this.#options.clock.now();
    this.#results.cancel(this.#waiting.takeAll(), reason, now);
    this.#deadlines.cancelAll(new Error(reason));
  }

  #mayStart(now: number): boolean {
    const { window } = this.#options;
    if (this.#isStopped || this.#isLeaving) return false;
    if (this.#outbox.unacknowledged > Math.max(window, LIMITS.commitOutcomes)) return false;
    if (now - this.#outbox.oldestAt(now) > MAX_UNACKNOWLEDGED_MS) return false;
    return this.#waiting.mayStart(now, this.#running.size) && this.#entry.mayStart();
  }

  /** False: nothing is ready. */
  #startNext(now: number): boolean {
    const task = this.#waiting.next(now);
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
    this.#waiting.started(this.#running.size);
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
    this.#startMoreSoon();
  }

  /** Once for all attempts that end in one turn of the event loop. */
  #startMoreSoon(): void {
    if (this.#startsMoreSoon) return;
    this.#startsMoreSoon = true;
    turn.soon(() => {
      this.#startsMoreSoon = false;
      if (!this.#isStopped) this.#startMore();
    });
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

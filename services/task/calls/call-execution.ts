import type { StagePlan } from "../../job/core/plan.ts";
import { newest, stopReason, type Directive } from "../directive.ts";
import { failure, type AttemptResult } from "../executor/attempt-result.ts";
import { Deadlines } from "../executor/deadlines.ts";
import type { Group, GroupHead, PendingTask } from "../executor/group.ts";
import type { Grant } from "../executor/lease.ts";
import { Outbox } from "../executor/outbox.ts";
import { Results, type ResultsOptions } from "../executor/results.ts";
import { taskOf, tried, type ChunkTasks } from "../executor/pending-task.ts";
import { Schedule, type ScheduleOptions } from "../executor/schedule.ts";
import { WaitingTasks, type WaitingOptions } from "../executor/waiting-tasks.ts";
import { CallAttempt } from "./call-attempt.ts";
import { JournaledClock } from "./journaled-clock.ts";
import { LOOK_MS } from "./look.ts";

/** What is seen when somebody looks at the clock. */
export interface Look {
  readonly at: number;
  /** the process that looked */
  readonly worker: string;
  /** whether there is whom to call; null: that could not be found out */
  readonly isThere: boolean | null;
  /** how long ago the first events since the last look were, in milliseconds; later ones happen now */
  readonly ago: readonly number[];
}

export interface CallOptions
  extends ChunkTasks, ResultsOptions, WaitingOptions, Omit<ScheduleOptions, "startedAt"> {
  readonly plan: Pick<StagePlan, "retry" | "timeoutMs" | "graceMs">;
}

/**
 * Decides which calls the runner of a chunk makes next, and what became of those that it made. It knows
 * only what stands in the journal, so that a replay decides the same again.
 *
 * 1. Time passes when somebody looks at the clock, which also tells when the calls since the last look began
 *    and ended. Many calls share a look, and it is all that they write down beside themselves.
 * 2. A call is started only while a look is recent, since each look also tells whether there is whom to
 *    call: the call of a handler that nobody knows would be tried for ever.
 * 3. After five seconds, or 16 MiB of answers, tasks that were not started are given back.
 * 4. After a pause or a stop nothing starts. A stopped task ends as CANCELLED unless its call succeeds.
 */
export class CallExecution {
  readonly #options: CallOptions;
  readonly #clock: JournaledClock;
  readonly #waiting: WaitingTasks;
  readonly #running = new Set<CallAttempt>();
  readonly #deadlines: Deadlines;
  readonly #results: Results;
  readonly #outbox = new Outbox("group");
  readonly #schedule: Schedule;
  readonly #beganAt: number;
  /** attempts that began or ended since the last look, in order */
  #events: CallEvent[] = [];
  #ended = 0;
  /** so many are started at once, unless the clock has just been looked at */
  #batch = 1;
  #stopped: CallAttempt[] = [];
  #directive: Directive | null = null;
  #isThere: boolean;
  #lookedAt: number;
  /** the next stage has its first task */
  #hasFed = false;
  /** nothing has happened since the last look */
  #isNow = true;
  /** calls ended before the last look, or have begun since */
  #isBusy = false;
  #isHasty = false;
  /** something has changed since the last report */
  #hasNews = true;
  #renewAt = Infinity;

  constructor(options: CallOptions, first: Look) {
    this.#options = options;
    this.#beganAt = first.at;
    this.#lookedAt = first.at;
    this.#clock = new JournaledClock(first.at);
    this.#waiting = new WaitingTasks(options, this.#clock, () => undefined);
    this.#deadlines = new Deadlines(options.plan, this.#clock);
    this.#results = new Results(options, { outbox: this.#outbox, waiting: this.#waiting });
    this.#schedule = new Schedule({ ...options, startedAt: first.at }, first.at);
    // It has yet to be told what it may use.
    if (options.granted === 0) this.#schedule.hasten();
    this.#isThere = first.isThere !== false;
  }

  /** The calls to make now; to be asked right after a look, or while the next one is under way. */
  start(): CallAttempt[] {
    const started: CallAttempt[] = [];
    if (!this.#isNow && this.#waiting.slots - this.#running.size < this.#batch) return started;
    for (let next = this.#next(); next; next = this.#next()) {
      const attempt = this.#begin(next);
      if (this.#isThere) started.push(attempt);
      else attempt.answered(failure("ACTION_UNAVAILABLE", "There is no such handler any more."));
    }
    return started;
  }

  /** Calls whose invocations are to be cancelled now. */
  takeStopped(): CallAttempt[] {
    const stopped = this.#stopped.filter(({ isSettled }) => !isSettled);
    this.#stopped = [];
    return stopped;
  }

  direct(directive: Directive): void {
    this.#directive = newest(this.#directive, directive);
    this.#waiting.obey(this.#directive);
    this.#happened();
    this.#isHasty = true;
    this.#schedule.hasten();
  }

  /** The clock was looked at; `grant` is what the limiters have answered. Gives what ended since the last look. */
  look({ at, worker, isThere, ago }: Look, grant: Grant | null = null): Group[] {
    this.#clock.moveTo(at);
    const now = this.#clock.now();
    this.#isThere = isThere ?? this.#isThere;
    this.#batch = this.#batchAt(now);
    this.#isBusy = this.#ended > 0;
    this.#ended = 0;
    for (const [number, { attempt, result }] of this.#events.splice(0).entries()) {
      const when = now - (ago[number] ?? 0);
      if (result) this.#record(attempt, result, { when, now });
      else this.#time(attempt, when);
    }
    if (this.#directive?.type === "stop") this.#cancelAll(this.#directive.reason, now);
    if (grant) this.#waiting.granted(grant);
    this.#lookedAt = now;
    this.#isHasty = false;
    this.#isNow = true;
    return this.#groups(now, worker);
  }

  /** Nothing waits or runs, and everything that ended was in a group. */
  get isDone(): boolean {
    return this.#isIdle && this.#events.length === 0;
  }

  /** The clock is to be looked at soon: things happen. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** It is to be looked at now. */
  get isHasty(): boolean {
    const isEnough = this.#isIdle || this.#ended >= this.#waiting.slots / 2;
    return this.#isHasty || (this.#ended > 0 && isEnough);
  }

  /** Any answer may be the one that somebody waits for, or one that is just in time. */
  get isImpatient(): boolean {
    const { isEager, decisive } = this.#options;
    if (this.#clock.nextAt <= this.#clock.now() + HIDDEN_MS) return true;
    if (decisive.succeeded !== null || decisive.failed !== null) return true;
    return isEager && !this.#hasFed;
  }

  /** How many attempts have begun or ended since the last look: it tells when, if anybody has noted it. */
  get unseen(): number {
    return this.#events.length;
  }

  /** When it is to be looked at if nothing happens before; Infinity: then there is no need to. */
  get lookAt(): number {
    const now = this.#clock.now();
    const { mayReturn } = this.#waiting;
    const schedule = this.#hasNews || mayReturn ? this.#schedule.dueAt(null, mayReturn) : Infinity;
    const askAt = this.#waiting.askAt(now, this.#running.size);
    return Math.min(this.#clock.nextAt, schedule, askAt, this.#renewAt);
  }

  // --- internal ---

  get #isIdle(): boolean {
    return this.#waiting.isEmpty && this.#running.size === 0;
  }

  #happened(): void {
    this.#isNow = false;
    this.#isBusy = true;
    this.#hasNews = true;
  }

  #next(): PendingTask | undefined {
    const now = this.#clock.now();
    return this.#waiting.mayStart(now, this.#running.size) ? this.#waiting.next(now) : undefined;
  }

  #begin(pending: PendingTask): CallAttempt {
    const at = this.#isNow ? this.#clock.now() : null;
    const attempt = new CallAttempt(pending, taskOf(pending, this.#options), at, {
      stopped: (stopped) => this.#stopped.push(stopped),
      settled: (settled, result) => this.#settled(settled, result),
    });
    this.#schedule.start();
    this.#running.add(attempt);
    this.#waiting.started(this.#running.size);
    if (at === null) this.#events.push({ attempt, result: null });
    else this.#deadlines.add(attempt);
    this.#isBusy = true;
    this.#hasNews = true;
    return attempt;
  }

  #settled(attempt: CallAttempt, result: AttemptResult): void {
    this.#running.delete(attempt);
    this.#deadlines.remove(attempt);
    this.#events.push({ attempt, result });
    this.#ended += 1;
    this.#isHasty ||= this.#isAwaited(result);
    this.#happened();
  }

  /** Somebody waits for just such an answer: the next stage, or a policy that may end this one. */
  #isAwaited(result: AttemptResult): boolean {
    const { isEager, decisive } = this.#options;
    if (!result.ok) return decisive.failed !== null;
    if (decisive.succeeded !== null) return true;
    if (!isEager || this.#hasFed || !result.emitted) return false;
    this.#hasFed = true;
    return true;
  }

  /** Calls that are made together cost less than one by one; a quarter of the slots may wait for that. */
  #batchAt(now: number): number {
    const elapsed = Math.max(1, now - this.#lookedAt);
    const expected = Math.round((this.#ended * BATCH_MS) / elapsed);
    return Math.max(1, Math.min(expected, Math.floor(this.#waiting.slots / 4)));
  }

  #time(attempt: CallAttempt, when: number): void {
    attempt.startedBy(when);
    if (!attempt.isSettled) this.#deadlines.add(attempt);
  }

  #record(
    attempt: CallAttempt,
    answered: AttemptResult,
    { when, now }: { readonly when: number; readonly now: number },
  ): void {
    const task = tried(attempt.pending, attempt, Math.max(when, attempt.startedAt));
    this.#outbox.spend(task.spentMs - attempt.pending.spentMs);
    this.#results.record(task, answered, { now, stopped: stopReason(this.#directive) });
  }

  #cancelAll(reason: string, now: number): void {
    this.#deadlines.cancelAll(new Error(reason));
    this.#results.cancel(this.#waiting.takeAll(), reason, now);
  }

  /** More than one if they are large; the last says how things stand. */
  #groups(now: number, worker: string): Group[] {
    const groups: Group[] = [];
    do {
      const { lines, passesOn, ...taken } = this.#outbox.take(now);
      this.#schedule.count({ lines, ...taken });
      const isLast = this.#outbox.isEmpty;
      const running = this.#running.size;
      const waiting = this.#waiting;
      if (isLast && this.#schedule.isSliceOver(now)) waiting.giveBack();
      const returnedFrom = isLast ? waiting.takeReturned() : null;
      if (!this.#isIdle && !waiting.hasUnstarted) waiting.releaseSlots(now, running);
      this.#tellOfSlots(now);
      const report = this.#takeReport(now, { passesOn, returns: returnedFrom !== null });
      const head: GroupHead = {
        ...taken,
        at: Math.round(now),
        worker,
        running,
        ...waiting.head,
        returnedFrom,
        report,
        ...(isLast ? this.#askLimiters(now) : {}),
      };
      groups.push({ head, lines });
    } while (!this.#outbox.isEmpty);
    return groups;
  }

  #takeReport(now: number, occasion: { passesOn: boolean; returns: boolean }): boolean {
    const runsOut = this.#waiting.isCovered(now, this.#running.size);
    const report = this.#schedule.takeReport(now, { ...occasion, runsOut });
    const isWorthIt = report && this.#hasNews;
    if (!isWorthIt) return false;
    this.#hasNews = false;
    this.#waiting.toldOfSlots();
    return true;
  }

  #askLimiters(now: number): Pick<GroupHead, "ask" | "heldBy"> {
    // A chunk that waits for long calls is quiet for long: what it holds, it holds for longer.
    const beatMs = Math.max(MIN_BEAT_MS, Math.round((now - this.#beganAt) / 10));
    const isBeat = now >= this.#renewAt;
    const asked = this.#waiting.askLimiters(now, this.#running.size, { isBeat, beatMs });
    if (asked.ask) this.#renewAt = asked.ask.holds > 0 ? now + beatMs : Infinity;
    return asked;
  }

  #tellOfSlots(now: number): void {
    if (!this.#waiting.wantSlots(now, this.#running.size)) return;
    this.#schedule.speak(now);
    this.#hasNews = true;
  }
}

interface CallEvent {
  readonly attempt: CallAttempt;
  /** null: it has begun */
  readonly result: AttemptResult | null;
}

/** Before a timeout there is a wait for all calls: from one look to the next, a few may stand for them. */
const HIDDEN_MS = 2 * LOOK_MS;
const MIN_BEAT_MS = 1_000;
const BATCH_MS = 250;

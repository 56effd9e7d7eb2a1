import type { AnyAction } from "../../actions.ts";
import { LIMITS } from "../../contract/limits.ts";
import { taskId, type Task } from "../../contract/task.ts";
import type { StagePlan } from "../../job/core/plan.ts";
import { failedLine, succeededLine } from "../record.ts";
import { admission } from "./admission.ts";
import { Attempt, type AttemptResult } from "./attempt.ts";
import type { Clock } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import type { Group, GroupHead, PendingTask } from "./group.ts";
import { Outbox } from "./outbox.ts";
import { RetryQueue } from "./retry-queue.ts";
import { retryDelay } from "./retry.ts";
import { WORKER } from "./worker.ts";

export interface ExecutionOptions {
  readonly jobId: string;
  readonly stage: number;
  readonly generation: number;
  readonly action: AnyAction;
  readonly plan: Pick<StagePlan, "retry" | "timeoutMs" | "graceMs" | "durability">;
  readonly next: { readonly stage: number; readonly action: string } | null;
  readonly window: number;
  /** not yet ended, in index order; those beyond `lastKnown` were never started by an earlier attempt */
  readonly tasks: readonly PendingTask[];
  readonly lastKnown: number;
  readonly inputOf: (index: number) => unknown;
  /** the first outcome that feeds the next stage is reported at once */
  readonly isEager: boolean;
  /** an earlier attempt died: report every group, so that nothing is lost should this one die too */
  readonly isRecovering: boolean;
  readonly startedAt: number;
  /** it may run while others are held back */
  readonly isSuspect: boolean;
  readonly stopped: () => void;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Runs the tasks of one chunk, and hands out their outcomes in groups.
 *
 * 1. An outcome leaves the buffer when a group takes it; the group after it is asked for only once it is durable.
 * 2. No task starts while more than max(window, 500) outcomes, or outcomes older than 5 s, are not durable.
 * 3. After five seconds tasks that were not started are given back, so that a chunk never lasts much longer
 *    than its longest task.
 */
export class Execution {
  readonly #options: ExecutionOptions;
  readonly #outbox: Outbox;
  readonly #retries: RetryQueue;
  readonly #deadlines: Deadlines;
  readonly #running = new Set<Attempt>();
  readonly #leave: () => void;
  #next = 0;
  #end: number;
  #slots: number;
  #reportedAt: number;
  #hasPassedOn = false;
  #isStopped = false;
  #isPumping = false;
  #pumpedSince: number | null = null;
  #wake: (() => void) | null = null;

  constructor(options: ExecutionOptions) {
    const { plan, clock, tasks, window, startedAt } = options;
    this.#options = options;
    this.#outbox = new Outbox(plan.durability);
    this.#retries = new RetryQueue(clock, () => this.#pump());
    this.#deadlines = new Deadlines(plan, clock);
    this.#leave = admission.onOpen(() => this.#pump());
    this.#end = tasks.length;
    this.#slots = window;
    this.#reportedAt = startedAt;
  }

  /** The next group: when it is full, 50 ms after its first outcome, at a beat, or at the end. */
  async take(): Promise<Group> {
    const { clock } = this.#options;
    this.#outbox.acknowledge();
    this.#pump();
    while (!this.#isDue(clock.now())) {
      await new Promise<void>((resolve) => {
        const cancel = clock.timer(Math.max(1, this.#dueAt() - clock.now()), resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
      this.#wake = null;
    }
    return this.#group(clock.now());
  }

  /** Lets go of everything: the attempt that owns this has ended. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#leave();
    this.#options.stopped();
    this.#retries.stop();
    this.#deadlines.stop();
    const reason = new Error("The worker gave this attempt up; the task runs again.");
    for (const attempt of this.#running) {
      admission.left();
      attempt.discard(reason);
    }
    this.#running.clear();
  }

  // --- internal ---

  get #isDone(): boolean {
    return this.#next >= this.#end && this.#retries.size === 0 && this.#running.size === 0;
  }

  #isDue(now: number): boolean {
    return this.#outbox.isFull || this.#isDone || now >= this.#dueAt();
  }

  #dueAt(): number {
    const { unsavedSince } = this.#outbox;
    const groupAt = unsavedSince === null ? Infinity : unsavedSince + GROUP_MS;
    return Math.min(groupAt, this.#beatAt, this.#mayReturn ? this.#returnAt : Infinity);
  }

  get #beatAt(): number {
    const age = this.#reportedAt - this.#options.startedAt;
    return this.#reportedAt + Math.min(MAX_BEAT_MS, Math.max(MIN_BEAT_MS, age / 10));
  }

  get #returnAt(): number {
    return this.#options.startedAt + SLICE_MS;
  }

  get #mayReturn(): boolean {
    const next = this.#options.tasks[this.#next];
    return this.#next < this.#end && next !== undefined && next.index > this.#options.lastKnown;
  }

  #group(now: number): Group {
    const { lines, passesOn, ...taken } = this.#outbox.take(now);
    const returnedFrom = now >= this.#returnAt && this.#mayReturn ? this.#giveBack() : null;
    const report = returnedFrom !== null || this.#isReportDue(now, taken.outcomes, passesOn);
    if (report) this.#reportedAt = now;
    this.#releaseSlots();
    const head: GroupHead = {
      ...taken,
      at: Math.round(now),
      startedAt: Math.round(this.#options.startedAt),
      worker: WORKER,
      running: this.#running.size,
      retrying: this.#retries.size,
      nextRetryAt: this.#retries.nextAt,
      slots: this.#slots,
      returnedFrom,
      report,
    };
    return { head, lines };
  }

  #isReportDue(now: number, outcomes: number, passesOn: boolean): boolean {
    const { next, isEager, isRecovering } = this.#options;
    const isFirst = isEager && next !== null && passesOn && !this.#hasPassedOn;
    this.#hasPassedOn ||= passesOn;
    return isFirst || now >= this.#beatAt || (isRecovering && outcomes > 0);
  }

  #giveBack(): number {
    const from = this.#options.tasks[this.#next]!.index;
    this.#end = this.#next;
    return from;
  }

  /** Slots that this chunk will not need again go to others. */
  #releaseSlots(): void {
    if (this.#next < this.#end) return;
    const needed = this.#running.size + Math.min(1, this.#retries.size);
    this.#slots = Math.max(1, Math.min(this.#slots, needed));
  }

  #mayStart(now: number): boolean {
    const { window, isSuspect } = this.#options;
    if (this.#running.size >= this.#slots || (!admission.isOpen && !isSuspect)) return false;
    const isHeldBack = this.#outbox.unacknowledged > Math.max(window, LIMITS.commitOutcomes);
    return !isHeldBack && now - this.#outbox.oldestAt(now) <= MAX_UNACKNOWLEDGED_MS;
  }

  #pump(): void {
    if (this.#isPumping || this.#isStopped) return;
    this.#isPumping = true;
    for (
      let now = this.#options.clock.now();
      this.#mayStart(now);
      now = this.#options.clock.now()
    ) {
      // A long run of short tasks must not keep timers and sockets waiting.
      this.#pumpedSince ??= this.#pumpAgainSoon(now);
      if (now - this.#pumpedSince > PUMP_MS) break;
      const task = this.#nextTask(now);
      if (!task) break;
      this.#start(task, now);
    }
    this.#isPumping = false;
  }

  #pumpAgainSoon(now: number): number {
    setImmediate(() => {
      this.#pumpedSince = null;
      this.#pump();
    });
    return now;
  }

  #nextTask(now: number): PendingTask | undefined {
    const retry = this.#retries.takeReady(now);
    if (retry) return retry;
    while (this.#next < this.#end) {
      const task = this.#options.tasks[this.#next++]!;
      if (task.readyAt <= now) return task;
      this.#retries.add(task);
    }
    return undefined;
  }

  #start(pending: PendingTask, now: number): void {
    const { jobId, stage, generation, action, next, inputOf } = this.#options;
    const { index, parent, origin } = pending;
    const task: Task = {
      jobId,
      stage,
      index,
      taskId: taskId(jobId, stage, index),
      parent: parent === null ? null : taskId(jobId, stage - 1, parent),
      origin,
      generation,
      attempt: pending.attempts + 1,
      action: action.name,
      input: inputOf(index),
      ...(next ? { next } : {}),
    };
    const attempt = new Attempt(action, task, now, (result) =>
      this.#settled(pending, attempt, result),
    );
    this.#running.add(attempt);
    admission.entered();
    this.#deadlines.add(attempt);
    attempt.start();
  }

  #settled(pending: PendingTask, attempt: Attempt, result: AttemptResult): void {
    if (this.#isStopped) return;
    const now = this.#options.clock.now();
    this.#running.delete(attempt);
    this.#deadlines.remove(attempt);
    admission.left();
    this.#outbox.spend(now - attempt.startedAt);
    const hadUnsaved = this.#outbox.unsavedSince !== null;
    this.#record(pending, attempt, result, now);
    if (!hadUnsaved || this.#isDue(now)) this.#wake?.();
    this.#pump();
  }

  #record(pending: PendingTask, attempt: Attempt, result: AttemptResult, now: number): void {
    const { plan, generation, next, random, inputOf } = this.#options;
    const { index, origin, parent } = pending;
    const attempts = pending.attempts + 1;
    const startedAt = pending.startedAt ?? Math.round(attempt.startedAt);
    const durationMs = round(pending.spentMs + now - attempt.startedAt);
    const emitted = result.ok ? result.emitted : next ? 0 : null;
    const record = { index, attempts, startedAt, durationMs, origin, parent, emitted, generation };
    if (result.ok) {
      const line = succeededLine(record, result.json);
      const { emission } = result;
      return this.#outbox.keep({ ok: true, at: now, line, emission, emitted: emitted ?? 0 });
    }
    const delay = retryDelay(plan.retry, { ...result, attempts }, random);
    if (delay === null) {
      const line = failedLine(record, result.error, JSON.stringify(inputOf(index)) ?? "null");
      return this.#outbox.keep({ ok: false, at: now, line, emission: null, emitted: 0 });
    }
    const readyAt = Math.round(now + delay);
    const waiting = { index, parent, origin, attempts, readyAt, startedAt, spentMs: durationMs };
    this.#outbox.keepRetry(waiting, now);
    this.#retries.add(waiting);
  }
}

const SLICE_MS = 5_000;
const GROUP_MS = 50;
const MIN_BEAT_MS = 1_000;
const MAX_BEAT_MS = 30_000;
const MAX_UNACKNOWLEDGED_MS = 5_000;
const PUMP_MS = 10;

const round = (ms: number) => Math.round(ms * 1_000) / 1_000;

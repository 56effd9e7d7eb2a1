import type { AnyAction } from "../../actions.ts";
import { LIMITS } from "../../contract/limits.ts";
import { taskId, type Task } from "../../contract/task.ts";
import type { StagePlan } from "../../job/core/plan.ts";
import { failedLine, succeededLine } from "../record.ts";
import { admission } from "./admission.ts";
import type { Room } from "../chunk-spec.ts";
import { Attempt, failure, type AttemptResult } from "./attempt.ts";
import type { Clock } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import type { Group, GroupHead, PendingTask } from "./group.ts";
import { Outbox } from "./outbox.ts";
import { RetryQueue } from "./retry-queue.ts";
import { retryDelay } from "./retry.ts";
import { drainable } from "./shutdown.ts";
import { turn } from "./turn.ts";
import { WORKER } from "./worker.ts";

export interface ExecutionOptions {
  readonly jobId: string;
  readonly jobStartedAt: number;
  readonly stage: number;
  readonly generation: number;
  readonly action: AnyAction;
  readonly plan: Pick<StagePlan, "retry" | "timeoutMs" | "graceMs" | "durability">;
  readonly next: { readonly stage: number; readonly action: string } | null;
  readonly window: number;
  readonly room: Room;
  /** not yet ended, in index order; those beyond `lastKnown` were never started by an earlier attempt */
  readonly tasks: readonly PendingTask[];
  readonly lastKnown: number;
  readonly inputOf: (index: number) => unknown;
  /** the first outcome that feeds the next stage is reported at once */
  readonly isEager: boolean;
  readonly startedAt: number;
  /** what earlier attempts have committed, and how much of it no report has named */
  readonly committedBytes: number;
  readonly unsavedBytes: number;
  /** it may run while others are held back */
  readonly isSuspect: boolean;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Runs the tasks of one chunk, and hands out their outcomes in groups.
 *
 * 1. An outcome leaves the buffer when a group takes it; the group after it is asked for only once it is durable.
 * 2. No task starts while more than max(window, 500) outcomes, or outcomes older than 5 s, are not durable.
 * 3. After five seconds, or 16 MiB of outcomes, tasks that were not started are given back, so that a
 *    chunk never lasts much longer than its longest task.
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
  /** Not when the chunk began: a task that an earlier attempt died of starts again before it could go back. */
  readonly #beganAt: number;
  #reportedAt: number;
  #hasPassedOn = false;
  /** what this chunk gave to the next stage */
  #passed: Room = { items: 0, bytes: 0, tasks: 0 };
  #takenBytes: number;
  #reportedBytes: number;
  #isStopped = false;
  #isPumping = false;
  /** waits for a turn of the event loop with time for it */
  #isQueued = false;
  #wake: (() => void) | null = null;

  constructor(options: ExecutionOptions) {
    const { plan, clock, tasks, window, committedBytes, unsavedBytes } = options;
    this.#options = options;
    this.#outbox = new Outbox(plan.durability);
    this.#retries = new RetryQueue(clock, () => this.#pump());
    this.#deadlines = new Deadlines(plan, clock);
    const closeDoor = admission.onOpen(() => this.#pump());
    const undrain = drainable(this);
    this.#leave = () => {
      closeDoor();
      undrain();
    };
    this.#end = tasks.length;
    this.#slots = window;
    this.#beganAt = clock.now();
    this.#reportedAt = this.#beganAt;
    this.#takenBytes = committedBytes;
    this.#reportedBytes = committedBytes - unsavedBytes;
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

  /** Nothing runs, and everything that ended is durable. */
  get isQuiet(): boolean {
    return this.#running.size === 0 && this.#outbox.unacknowledged === 0;
  }

  /** Lets go of everything: the attempt that owns this has ended. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#leave();
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
    if (this.#takenBytes < CHUNK_BYTES) return this.#beganAt + SLICE_MS;
    return this.#options.committedBytes === 0 ? 0 : this.#beganAt + MIN_BEAT_MS;
  }

  get #mayReturn(): boolean {
    const next = this.#options.tasks[this.#next];
    return this.#next < this.#end && next !== undefined && next.index > this.#options.lastKnown;
  }

  #group(now: number): Group {
    const { lines, passesOn, ...taken } = this.#outbox.take(now);
    this.#takenBytes += lines.reduce((sum, { length }) => sum + length, 0);
    const returnedFrom = now >= this.#returnAt && this.#mayReturn ? this.#giveBack() : null;
    const report = returnedFrom !== null || this.#isReportDue(now, passesOn);
    if (report) {
      this.#reportedAt = now;
      this.#reportedBytes = this.#takenBytes;
    }
    this.#releaseSlots();
    const head: GroupHead = {
      ...taken,
      at: Math.round(now),
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

  #isReportDue(now: number, passesOn: boolean): boolean {
    const { next, isEager } = this.#options;
    const isFirst = isEager && next !== null && passesOn && !this.#hasPassedOn;
    this.#hasPassedOn ||= passesOn;
    const isBulky = this.#takenBytes - this.#reportedBytes >= REPORT_BYTES;
    return isFirst || isBulky || now >= this.#beatAt;
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

  readonly #resume = (): void => {
    this.#isQueued = false;
    this.#pump();
  };

  #pump(): void {
    if (this.#isPumping || this.#isStopped) return;
    this.#isPumping = true;
    for (
      let now = this.#options.clock.now();
      this.#mayStart(now);
      now = this.#options.clock.now()
    ) {
      if (this.#isQueued || !turn.hasTime(now, this.#resume)) {
        this.#isQueued = true;
        break;
      }
      const task = this.#nextTask(now);
      if (!task) break;
      this.#start(task, now);
    }
    this.#isPumping = false;
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

  #record(pending: PendingTask, attempt: Attempt, attempted: AttemptResult, now: number): void {
    const { plan, jobStartedAt, generation, next, random, inputOf } = this.#options;
    const { index, origin, parent } = pending;
    const attempts = pending.attempts + 1;
    const firstStartedAt = pending.startedAt ?? Math.round(attempt.startedAt);
    const durationMs = round(pending.spentMs + now - attempt.startedAt);
    const result = this.#fitted(attempted);
    const emitted = result.ok ? result.emitted : next ? 0 : null;
    const startedAt = firstStartedAt - jobStartedAt;
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
    const waiting = {
      index,
      parent,
      origin,
      attempts,
      readyAt,
      startedAt: firstStartedAt,
      spentMs: durationMs,
    };
    this.#outbox.keepRetry(waiting, now);
    this.#retries.add(waiting);
  }

  /** The result, or the failure of one that passes on more than the next stage may take. */
  #fitted(result: AttemptResult): AttemptResult {
    if (!result.ok || !this.#options.next) return result;
    const { room } = this.#options;
    const tasks = this.#passed.tasks + (result.emitted ?? 0);
    if (tasks > room.tasks) {
      const message = `The next stage would have more than ${LIMITS.tasksPerStage} tasks.`;
      return failure("FANOUT_TOO_LARGE", message, undefined, true);
    }
    const stored = result.emission ?? [result.json];
    const bytes = this.#passed.bytes + stored.reduce((sum, { length }) => sum + length, 0);
    const items = this.#passed.items + stored.length;
    if (bytes > room.bytes || items > room.items) {
      const message = "The job stores as much as it may for the next stage.";
      return failure("BACKLOG_FULL", message, undefined, true);
    }
    this.#passed = { tasks, bytes, items };
    return result;
  }
}

const SLICE_MS = 5_000;
/** Results beyond this are the next chunk's: a replay reads all of a chunk's groups again. */
const CHUNK_BYTES = 16 * 1024 * 1024;
/** What is held back for a later report is in memory. */
const REPORT_BYTES = 4 * 1024 * 1024;
const GROUP_MS = 50;
const MIN_BEAT_MS = 1_000;
const MAX_BEAT_MS = 30_000;
const MAX_UNACKNOWLEDGED_MS = 5_000;

const round = (ms: number) => Math.round(ms * 1_000) / 1_000;

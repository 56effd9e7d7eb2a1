import type { AnyAction } from "../../actions.ts";
import { LIMITS } from "../../contract/limits.ts";
import { taskId, type Task } from "../../contract/task.ts";
import type { StagePlan } from "../../job/core/plan.ts";
import { plainEmission } from "../emission.ts";
import { failedLine, succeededLine } from "../record.ts";
import { admission } from "./admission.ts";
import { Attempt, type AttemptResult } from "./attempt.ts";
import type { Clock } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import { retryDelay } from "./retry.ts";
import { WORKER } from "./worker.ts";

/** A task to run. `attempts` failed ones lie behind it; it may start at `readyAt`. */
export interface PendingTask {
  readonly index: number;
  readonly parent: number | null;
  readonly origin: number;
  readonly attempts: number;
  readonly readyAt: number;
  readonly startedAt: number | null;
  readonly spentMs: number;
}

/** What one commit step makes durable; `lines` are `outcomes` outcome records, then emission lines. */
export interface Group {
  readonly head: GroupHead;
  readonly lines: readonly string[];
}

export interface GroupHead {
  readonly at: number;
  /** when the chunk began */
  readonly startedAt: number;
  readonly outcomes: number;
  /** what the succeeded ones pass on: their results, or what the emission lines say */
  readonly passes: "results" | "lines";
  readonly worker: string;
  readonly succeeded: number;
  readonly failed: number;
  /** failed attempts that will be tried again */
  readonly retries: readonly PendingTask[];
  readonly taskMs: number;
  readonly running: number;
  readonly retrying: number;
  readonly nextRetryAt: number | null;
  readonly slots: number;
  /** tasks from this index on were not started and will not be; null: none */
  readonly returnedFrom: number | null;
  /** store what was committed and report it now, not at the end */
  readonly report: boolean;
  readonly done: boolean;
}

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
  readonly #deadlines: Deadlines;
  readonly #running = new Set<Attempt>();
  readonly #buffer: Ended[] = [];
  #bufferedBytes = 0;
  #retries: PendingTask[] = [];
  #failedAttempts: PendingTask[] = [];
  /** since when there is something that no group has taken */
  #unsavedSince: number | null = null;
  #next = 0;
  #end: number;
  #slots: number;
  #taken = 0;
  #takenAt = 0;
  #spentMs = 0;
  #isStopped = false;
  #isPumping = false;
  #pumpedSince: number | null = null;
  #hasPassedOn = false;
  #reportedAt: number;
  #wake: (() => void) | null = null;
  #cancelRetryTimer: (() => void) | null = null;
  readonly #leave: () => void;

  constructor(options: ExecutionOptions) {
    this.#options = options;
    this.#end = options.tasks.length;
    this.#slots = options.window;
    this.#reportedAt = options.startedAt;
    this.#deadlines = new Deadlines(options.plan, options.clock);
    this.#leave = admission.onOpen(() => this.#pump());
  }

  /** The next group: when it is full, 50 ms after its first outcome, at a beat, or at the end. */
  async take(): Promise<Group> {
    const { clock } = this.#options;
    this.#taken = 0;
    this.#takenAt = 0;
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
    this.#cancelRetryTimer?.();
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
    return this.#next >= this.#end && this.#retries.length === 0 && this.#running.size === 0;
  }

  #isDue(now: number): boolean {
    const isFull =
      this.#buffer.length >= this.#groupSize || this.#bufferedBytes >= LIMITS.commitBytes;
    return isFull || this.#isDone || now >= this.#dueAt();
  }

  get #groupSize(): number {
    return this.#options.plan.durability === "task" ? 1 : LIMITS.commitOutcomes;
  }

  #dueAt(): number {
    const groupAt = this.#unsavedSince === null ? Infinity : this.#unsavedSince + GROUP_MS;
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
    const ended = this.#takeEnded();
    const retries = this.#failedAttempts;
    this.#failedAttempts = [];
    const returnedFrom = now >= this.#returnAt && this.#mayReturn ? this.#giveBack() : null;
    const isLate = now >= this.#beatAt;
    const emission = emissionOf(ended);
    const passes = emission === null ? "results" : "lines";
    const passesOn = this.#options.next !== null && ended.some(({ emitted }) => emitted > 0);
    const isFirst = this.#options.isEager && passesOn && !this.#hasPassedOn;
    this.#hasPassedOn ||= passesOn;
    const { isRecovering } = this.#options;
    const report = isLate || isFirst || returnedFrom !== null || (isRecovering && ended.length > 0);
    if (report) this.#reportedAt = now;
    this.#releaseSlots();
    const spentMs = this.#spentMs;
    this.#spentMs = 0;
    const succeeded = ended.filter(({ ok }) => ok).length;
    return {
      head: {
        at: Math.round(now),
        startedAt: Math.round(this.#options.startedAt),
        outcomes: ended.length,
        passes,
        worker: WORKER,
        succeeded,
        failed: ended.length - succeeded,
        retries,
        taskMs: round(spentMs),
        running: this.#running.size,
        retrying: this.#retries.length,
        nextRetryAt: this.#retries[0]?.readyAt ?? null,
        slots: this.#slots,
        returnedFrom,
        report,
        done: this.#isDone && this.#buffer.length === 0,
      },
      lines: [...ended.map(({ line }) => line), ...(emission ?? [])],
    };
  }

  #takeEnded(): Ended[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#buffer.length && count < this.#groupSize) {
      const { size } = this.#buffer[count]!;
      if (count > 0 && bytes + size > LIMITS.commitBytes) break;
      bytes += size;
      count += 1;
    }
    this.#bufferedBytes -= bytes;
    this.#taken = count;
    this.#takenAt = this.#options.clock.now();
    const taken = this.#buffer.splice(0, count);
    this.#unsavedSince = this.#buffer[0]?.at ?? null;
    return taken;
  }

  #giveBack(): number {
    const from = this.#options.tasks[this.#next]!.index;
    this.#end = this.#next;
    return from;
  }

  /** Slots that this chunk will not need again go to others. */
  #releaseSlots(): void {
    if (this.#next < this.#end) return;
    const needed = this.#running.size + Math.min(1, this.#retries.length);
    this.#slots = Math.max(1, Math.min(this.#slots, needed));
  }

  #isHeldBack(now: number): boolean {
    const limit = Math.max(this.#options.window, LIMITS.commitOutcomes);
    if (this.#buffer.length + this.#taken > limit) return true;
    const oldest = this.#taken > 0 ? this.#takenAt : (this.#buffer[0]?.at ?? now);
    return now - oldest > MAX_UNACKNOWLEDGED_MS;
  }

  #pump(): void {
    if (this.#isPumping || this.#isStopped) return;
    this.#isPumping = true;
    const { clock } = this.#options;
    const { isSuspect } = this.#options;
    while (this.#running.size < this.#slots) {
      const now = clock.now();
      if ((!admission.isOpen && !isSuspect) || this.#isHeldBack(now)) break;
      // A long run of short tasks must not keep timers and sockets waiting.
      if (this.#pumpedSince === null) {
        this.#pumpedSince = now;
        setImmediate(() => {
          this.#pumpedSince = null;
          this.#pump();
        });
      } else if (now - this.#pumpedSince > PUMP_MS) break;
      const task = this.#nextTask(now);
      if (!task) break;
      this.#start(task, now);
    }
    this.#isPumping = false;
  }

  #nextTask(now: number): PendingTask | undefined {
    const [retry] = this.#retries;
    if (retry && retry.readyAt <= now) return this.#retries.shift();
    while (this.#next < this.#end) {
      const task = this.#options.tasks[this.#next++]!;
      if (task.readyAt <= now) return task;
      this.#wait(task);
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
    this.#spentMs += now - attempt.startedAt;
    const tried: PendingTask = {
      ...pending,
      attempts: pending.attempts + 1,
      startedAt: pending.startedAt ?? Math.round(attempt.startedAt),
      spentMs: round(pending.spentMs + now - attempt.startedAt),
    };
    this.#record(tried, result, now);
    if (this.#isDue(now)) this.#wake?.();
    this.#pump();
  }

  #record(tried: PendingTask, result: AttemptResult, now: number): void {
    const { plan, generation, next, random, inputOf } = this.#options;
    const { index, attempts, startedAt, spentMs: durationMs, origin, parent } = tried;
    const emitted = result.ok ? result.emitted : next ? 0 : null;
    const record = { index, attempts, startedAt, durationMs, origin, parent, emitted, generation };
    if (result.ok) {
      const line = succeededLine(record, result.json);
      return this.#keep({
        ok: true,
        at: now,
        line,
        emission: result.emission,
        emitted: emitted ?? 0,
      });
    }
    const delay = retryDelay(plan.retry, { ...result, attempts }, random);
    if (delay === null) {
      const line = failedLine(record, result.error, JSON.stringify(inputOf(index)) ?? "null");
      return this.#keep({ ok: false, at: now, line, emission: null, emitted: 0 });
    }
    const waiting = { ...tried, readyAt: Math.round(now + delay) };
    this.#failedAttempts.push(waiting);
    this.#unsaved(now);
    this.#wait(waiting);
  }

  #keep(ended: Omit<Ended, "size">): void {
    const emissionSize = (ended.emission ?? []).reduce((sum, line) => sum + line.length, 0);
    const size = ended.line.length + emissionSize;
    this.#bufferedBytes += size;
    this.#buffer.push({ ...ended, size });
    this.#unsaved(ended.at);
  }

  #unsaved(now: number): void {
    if (this.#unsavedSince !== null) return;
    this.#unsavedSince = now;
    this.#wake?.();
  }

  #wait(task: PendingTask): void {
    let at = this.#retries.length;
    while (at > 0 && this.#retries[at - 1]!.readyAt > task.readyAt) at -= 1;
    this.#retries.splice(at, 0, task);
    if (at === 0) this.#armRetryTimer();
  }

  /** One that is due and finds no free slot is taken when a slot is. */
  #armRetryTimer(): void {
    const { clock } = this.#options;
    this.#cancelRetryTimer?.();
    this.#cancelRetryTimer = null;
    const later = this.#retries.find(({ readyAt }) => readyAt > clock.now());
    if (!later || this.#isStopped) return;
    this.#cancelRetryTimer = clock.timer(Math.max(1, later.readyAt - clock.now()), () => {
      this.#pump();
      this.#armRetryTimer();
    });
  }
}

/** An ended task in the buffer. `emission`: what it passes on if it said so itself. */
interface Ended {
  readonly ok: boolean;
  readonly at: number;
  readonly line: string;
  readonly emission: readonly string[] | null;
  readonly emitted: number;
  readonly size: number;
}

const GROUP_MS = 50;
const SLICE_MS = 5_000;
const MIN_BEAT_MS = 1_000;
const MAX_BEAT_MS = 30_000;
const MAX_UNACKNOWLEDGED_MS = 5_000;
const PUMP_MS = 10;

/** Emission lines of a group; null when every result is passed on as it is: its outcome line says it all. */
function emissionOf(ended: readonly Ended[]): string[] | null {
  if (ended.every(({ emission }) => emission === null)) return null;
  return ended.flatMap(({ ok, emission, line }) =>
    emission === null ? (ok ? [plainEmission(line)] : []) : [...emission],
  );
}

const round = (ms: number) => Math.round(ms * 1_000) / 1_000;

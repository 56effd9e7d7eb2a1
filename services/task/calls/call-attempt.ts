import type { Task } from "../../contract/task.ts";
import { failure, type AttemptResult } from "../executor/attempt-result.ts";
import type { TimedAttempt } from "../executor/deadlines.ts";
import type { PendingTask } from "../executor/group.ts";

export interface AttemptEvents {
  /** its invocation is to be cancelled */
  stopped(attempt: CallAttempt): void;
  settled(attempt: CallAttempt, result: AttemptResult): void;
}

/** One call of an action's handler. `settled` is called once; what comes later is ignored. */
export class CallAttempt implements TimedAttempt {
  readonly pending: PendingTask;
  readonly task: Task;
  readonly #events: AttemptEvents;
  #startedAt: number | null;
  #isSettled = false;
  #isTimedOut = false;

  /** `startedAt` null: the clock is looked at later. */
  constructor(pending: PendingTask, task: Task, startedAt: number | null, events: AttemptEvents) {
    this.pending = pending;
    this.task = task;
    this.#startedAt = startedAt;
    this.#events = events;
  }

  get startedAt(): number {
    return this.#startedAt ?? Infinity;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** It started before this time and after the one before it. */
  startedBy(at: number): void {
    this.#startedAt ??= at;
  }

  /** Its answer has come; after a time-out it counts as none. */
  answered(result: AttemptResult): void {
    if (this.#isTimedOut) this.giveUp();
    else this.#settle(result);
  }

  timeOut(): void {
    this.#isTimedOut = true;
    this.#events.stopped(this);
  }

  /** What it answers in spite of that counts. */
  cancel(): void {
    this.#events.stopped(this);
  }

  giveUp(): void {
    this.#settle(failure("TASK_TIMEOUT", "The attempt took longer than its timeout."));
  }

  // --- internal ---

  #settle(result: AttemptResult): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#events.settled(this, result);
  }
}

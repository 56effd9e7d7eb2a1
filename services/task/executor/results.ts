import type { StagePlan } from "../../job/core/plan.ts";
import type { Room } from "../chunk-spec.ts";
import type { AttemptResult } from "./attempt-result.ts";
import type { PendingTask } from "./group.ts";
import { NextRoom } from "./next-room.ts";
import type { Outbox } from "./outbox.ts";
import { OutcomeWriter, type WriterOptions } from "./outcome-writer.ts";
import { retryDelay } from "./retry.ts";
import type { WaitingTasks } from "./waiting-tasks.ts";

export interface ResultsOptions extends WriterOptions {
  readonly plan: Pick<StagePlan, "retry">;
  readonly room: Room;
  readonly random: () => number;
}

/** What becomes of tasks whose attempts have ended: they have their outcomes, or wait for the next attempt. */
export class Results {
  readonly #options: ResultsOptions;
  readonly #outcomes: OutcomeWriter;
  readonly #room: NextRoom | null;
  readonly #outbox: Outbox;
  readonly #waiting: WaitingTasks;

  constructor(
    options: ResultsOptions,
    { outbox, waiting }: { readonly outbox: Outbox; readonly waiting: WaitingTasks },
  ) {
    this.#options = options;
    this.#outcomes = new OutcomeWriter(options);
    this.#room = options.next && new NextRoom(options.room);
    this.#outbox = outbox;
    this.#waiting = waiting;
  }

  /** `task` counts the attempt; `stopped`: why none follows one that failed, null if it may. */
  record(
    task: PendingTask,
    attempted: AttemptResult,
    { now, stopped }: { readonly now: number; readonly stopped: string | null },
  ): void {
    const result = this.#room?.fit(attempted) ?? attempted;
    if (result.ok) return this.#outbox.keep(this.#outcomes.succeeded(task, result, now));
    if (stopped !== null) return this.cancel([task], stopped, now);
    const { plan, random } = this.#options;
    const delay = retryDelay(plan.retry, { ...result, attempts: task.attempts }, random);
    if (delay === null) return this.#outbox.keep(this.#outcomes.failed(task, result.error, now));
    const again = { ...task, readyAt: Math.round(now + delay) };
    this.#outbox.keepRetry(again, now);
    this.#waiting.retry(again);
  }

  /** Of tasks that do not run. */
  cancel(tasks: readonly PendingTask[], reason: string, now: number): void {
    for (const task of tasks) this.#outbox.keep(this.#outcomes.cancelled(task, reason, now));
  }
}

import type { GroupHead } from "../task/executor/group.ts";
import {
  attempts,
  attemptSeconds,
  chunkTasks,
  commitOutcomes,
  commitSeconds,
  deaths,
  tasks,
} from "./task-metrics.ts";

/**
 * Counts what a runner hands out to be made durable, group by group: a task costs nothing. It is told where
 * that happens; a replay only reads it.
 */
export class CommitMeter {
  readonly #action: string;
  /** When the group that is being committed was complete; null: it is replayed. */
  #takenAt: number | null = null;
  #hasSeenDeath = false;

  constructor(action: string) {
    this.#action = action;
  }

  /** A group is complete, and on its way into the journal. */
  taken(head: GroupHead): void {
    this.#takenAt = performance.now();
    commitOutcomes.observe(head.outcomes);
    this.count(head);
  }

  /** A group is durable. */
  committed(): void {
    if (this.#takenAt === null) return;
    commitSeconds.observe((performance.now() - this.#takenAt) / 1_000);
    this.#takenAt = null;
  }

  /** The process that began has died; the tasks it is blamed for are told next. */
  died(): void {
    this.#hasSeenDeath = true;
    deaths.inc({ action: this.#action });
  }

  /** A task is blamed for the death of its process. */
  convicted(head: GroupHead): void {
    if (this.#hasSeenDeath) this.count(head);
  }

  /** The chunk has ended with so many tasks. */
  ended(size: number): void {
    chunkTasks.observe(size);
  }

  /** Counts what ended without a commit of its own. */
  count({ succeeded, failed, cancelled, retries, taskMs }: GroupHead): void {
    const action = this.#action;
    if (succeeded > 0) {
      tasks.inc({ action, outcome: "succeeded" }, succeeded);
      attempts.inc({ action, result: "succeeded" }, succeeded);
    }
    if (failed > 0) {
      tasks.inc({ action, outcome: "failed" }, failed);
      attempts.inc({ action, result: "failed" }, failed);
    }
    if (cancelled > 0) tasks.inc({ action, outcome: "cancelled" }, cancelled);
    if (retries.length > 0) attempts.inc({ action, result: "retried" }, retries.length);
    if (taskMs > 0) attemptSeconds.inc({ action }, taskMs / 1_000);
  }
}

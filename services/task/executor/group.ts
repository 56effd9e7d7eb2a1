import type { HeldBy, LeaseAsk } from "./lease.ts";

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
  readonly outcomes: number;
  /** what the succeeded ones pass on: their results, or what the emission lines say */
  readonly passes: "results" | "lines";
  readonly worker: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  /** failed attempts that will be tried again */
  readonly retries: readonly PendingTask[];
  readonly taskMs: number;
  readonly running: number;
  readonly retrying: number;
  readonly nextRetryAt: number | null;
  /** slots that it has released so far, once it has */
  readonly released?: number;
  /** as many as it would have to be given so far to use all it can; not said while it has them */
  readonly wants?: number;
  /** tasks from this index on were not started and will not be; null: none */
  readonly returnedFrom: number | null;
  /** store what was committed and report it now, not at the end */
  readonly report: boolean;
  /** the chunk lasts: the job is to learn whom to tell what holds for it */
  readonly introduces?: true;
  /** its process ends: another one goes on with the tasks that are left */
  readonly leaves?: true;
  /** to be asked of the chunk's limiters before the next group is taken */
  readonly ask?: LeaseAsk;
  /** the newest text that a task has given as progress */
  readonly progress?: string;
  /** what keeps tasks that wait from starting */
  readonly heldBy?: HeldBy;
}

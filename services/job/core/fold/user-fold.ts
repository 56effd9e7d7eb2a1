import type { Fold } from "../../../contract/job-request.ts";
import type { TaskError } from "../../../contract/task.ts";

/**
 * Where a stage with a user's fold stands: `due` until its last task has ended, `running` until the fold has
 * answered, `cut` if the stage was stopped before that; null: it has answered, or there is none.
 */
export type Folding = "due" | "running" | "cut" | null;

/** What a user's fold came to: its result as JSON, or why there is none. */
export type FoldAnswer = { readonly json: string } | { readonly error: TaskError };

/** Said to the job once, when its fold has gone through all outcomes of a stage. */
export interface Folded {
  readonly epoch: string;
  readonly generation: number;
  readonly stage: number;
  readonly at: number;
  readonly answer: FoldAnswer;
}

/** The name of a user's fold; null for a built-in one. */
export function userFold(fold: Fold): string | null {
  return typeof fold === "object" && "action" in fold ? fold.action : null;
}

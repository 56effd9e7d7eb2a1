import type { Task } from "../../contract/task.ts";
import type { AttemptResult } from "./attempt-result.ts";

/** What attempts have from whoever runs them: one for all of a chunk, since a small task costs little more. */
export interface AttemptHost {
  /** how far the code is */
  progress(text: string): void;
  /** a line of the code's own */
  log(task: Task, message: string): void;
  /** null: nobody traces */
  readonly spans: AttemptSpans | null;
}

/** Spans of attempts, in that of their chunk. */
export interface AttemptSpans {
  begin(task: Task): AttemptSpan;
}

export interface AttemptSpan {
  /** Runs code in which this span is the active one. */
  within<Value>(code: () => Value): Value;
  /** null: nobody hears what came of it */
  end(result: AttemptResult | null): void;
}

import type { TaskError } from "../../contract/task.ts";
import { cancelledLine, failedLine, succeededLine } from "../record.ts";
import type { AttemptResult } from "./attempt-result.ts";
import type { PendingTask } from "./group.ts";
import type { Ended } from "./outbox.ts";
import type { ChunkTasks } from "./pending-task.ts";

export interface WriterOptions extends Pick<ChunkTasks, "generation" | "next" | "inputOf"> {
  readonly jobStartedAt: number;
}

/** Writes the outcomes of a chunk's tasks; `task` counts the attempt that has just ended. */
export class OutcomeWriter {
  readonly #options: WriterOptions;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  succeeded(task: PendingTask, result: Extract<AttemptResult, { ok: true }>, at: number): Outcome {
    const { json, emission, emitted } = result;
    const line = succeededLine(this.#record(task, emitted), json);
    return { status: "SUCCEEDED", at, line, emission, emitted: emitted ?? 0 };
  }

  failed(task: PendingTask, error: TaskError, at: number): Outcome {
    const line = failedLine(this.#record(task, this.#nothing), error, this.#inputOf(task));
    return { status: "FAILED", at, line, emission: null, emitted: 0 };
  }

  cancelled(task: PendingTask, reason: string, at: number): Outcome {
    const error = { code: "CANCELLED", message: reason };
    const line = cancelledLine(this.#record(task, this.#nothing), error, this.#inputOf(task));
    return { status: "CANCELLED", at, line, emission: null, emitted: 0 };
  }

  // --- internal ---

  get #nothing(): number | null {
    return this.#options.next ? 0 : null;
  }

  #record(task: PendingTask, emitted: number | null) {
    const { jobStartedAt, generation } = this.#options;
    const { index, attempts, origin, parent, startedAt, spentMs } = task;
    return {
      index,
      attempts,
      startedAt: startedAt === null ? null : startedAt - jobStartedAt,
      durationMs: startedAt === null ? null : spentMs,
      origin,
      parent,
      emitted,
      generation,
    };
  }

  #inputOf({ index }: PendingTask): string {
    return JSON.stringify(this.#options.inputOf(index)) ?? "null";
  }
}

// --- internal ---

type Outcome = Omit<Ended, "bytes">;

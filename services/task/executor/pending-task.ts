import { taskId, type Task } from "../../contract/task.ts";
import type { PendingTask } from "./group.ts";

/** What all tasks of a chunk have in common. */
export interface ChunkTasks {
  readonly jobId: string;
  readonly stage: number;
  readonly generation: number;
  readonly action: { readonly name: string };
  readonly next: { readonly stage: number; readonly action: string } | null;
  /** a fresh value at each call */
  readonly inputOf: (index: number) => unknown;
}

/** What the action is given for the next attempt. */
export function taskOf({ index, parent, origin, attempts }: PendingTask, chunk: ChunkTasks): Task {
  const { jobId, stage, generation, action, next, inputOf } = chunk;
  const task: Task = {
    jobId,
    stage,
    index,
    taskId: taskId(jobId, stage, index),
    parent: parent === null ? null : taskId(jobId, stage - 1, parent),
    origin,
    generation,
    attempt: attempts + 1,
    action: action.name,
    input: inputOf(index),
  };
  return next ? { ...task, next } : task;
}

/** The task with this attempt behind it. */
export function tried(
  task: PendingTask,
  attempt: { readonly startedAt: number },
  now: number,
): PendingTask {
  return {
    ...task,
    attempts: task.attempts + 1,
    startedAt: task.startedAt ?? Math.round(attempt.startedAt),
    spentMs: Math.round((task.spentMs + now - attempt.startedAt) * 1_000) / 1_000,
  };
}

import type { Context } from "@restatedev/restate-sdk";
import { taskId, type Task } from "../contract/task.ts";

/** The task of a call that belongs to no job. Its id is the invocation's, the same in every attempt. */
export function loneTask(ctx: Context, action: string, input: unknown): Task {
  const jobId = ctx.request().id;
  return {
    jobId,
    stage: 0,
    index: 0,
    taskId: taskId(jobId, 0, 0),
    parent: null,
    origin: 0,
    generation: 1,
    attempt: 1,
    action,
    input,
  };
}

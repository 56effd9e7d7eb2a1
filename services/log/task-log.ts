import type { Task } from "../contract/task.ts";
import { log } from "./log.ts";

/** Writes what an action says, with its task and attempt and the invocation in which it runs. */
export const taskLog =
  (invocationId: string) =>
  ({ jobId, stage, taskId, attempt, action }: Task, message: string): void => {
    log.info({ invocationId, jobId, stage, taskId, attempt, action }, message);
  };

import { DEFAULT_MAX_TASKS } from "./task/executor/admission.ts";

/** How many attempts may run at once in this process: what FANFOLD_MAX_TASKS says. */
export function maxTasks(value = process.env["FANFOLD_MAX_TASKS"]): number {
  if (!value) return DEFAULT_MAX_TASKS;
  const tasks = Number(value);
  if (Number.isSafeInteger(tasks) && tasks >= 1) return tasks;
  throw new RangeError(`FANFOLD_MAX_TASKS must be a whole number of at least 1, got "${value}".`);
}

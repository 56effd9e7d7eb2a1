import { currentAttempt } from "./attempt.ts";

/**
 * Node ends the process at an error that nobody caught. One that a task left behind, in a promise or a
 * timer, ends that task instead; any other ends the process as before.
 *
 * The answer takes the guard away again.
 */
export function guardProcess(): () => void {
  const caught = (thrown: unknown) => {
    const attempt = currentAttempt.getStore();
    if (attempt) {
      if (attempt.isSettled)
        console.error(`${attempt.task.taskId} has ended and still failed:`, thrown);
      attempt.crash(thrown);
      return;
    }
    if (process.listenerCount("uncaughtException") > 1) return;
    console.error(thrown);
    process.exit(1);
  };
  process.on("unhandledRejection", caught);
  process.on("uncaughtException", caught);
  return () => {
    process.off("unhandledRejection", caught);
    process.off("uncaughtException", caught);
  };
}

import { log } from "../../log/log.ts";
import { currentCode } from "./user-code.ts";

/**
 * Node ends the process at an error that nobody caught. One that a task left behind, in a promise or a
 * timer, ends that task instead; any other ends the process as before.
 *
 * The answer takes the guard away again.
 */
export function guardProcess(): () => void {
  const caught = (thrown: unknown) => {
    const code = currentCode.getStore();
    if (code) {
      if (code.isSettled) log.error({ err: thrown }, `${code.name} has ended and still failed.`);
      code.crash(thrown);
      return;
    }
    if (process.listenerCount("uncaughtException") > 1) return;
    log.fatal({ err: thrown }, "An error that nobody caught ends the process.");
    process.exit(1);
  };
  process.on("unhandledRejection", caught);
  process.on("uncaughtException", caught);
  return () => {
    process.off("unhandledRejection", caught);
    process.off("uncaughtException", caught);
  };
}

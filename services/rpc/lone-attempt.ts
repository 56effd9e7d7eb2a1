import type { AnyAction } from "../actions.ts";
import { durationMs } from "../contract/duration.ts";
import type { Task } from "../contract/task.ts";
import { taskLog } from "../log/task-log.ts";
import { admission } from "../task/executor/admission.ts";
import { Attempt } from "../task/executor/attempt.ts";
import type { AttemptHost } from "../task/executor/attempt-host.ts";
import type { AttemptResult } from "../task/executor/attempt-result.ts";
import { systemClock } from "../task/executor/clock.ts";
import { Deadlines } from "../task/executor/deadlines.ts";
import { drainable } from "../task/executor/shutdown.ts";

interface Surroundings extends Pick<AttemptHost, "spans"> {
  /** the code is asked to stop; what it returns does not matter any more */
  readonly givenUp: AbortSignal;
  /** it may run while others are held back */
  readonly isSuspect: boolean;
}

/** One attempt of a function action that belongs to no chunk, under the same guards as one that does. */
export async function loneAttempt(
  action: AnyAction,
  task: Task,
  { givenUp, isSuspect, spans }: Surroundings,
): Promise<AttemptResult> {
  const timeoutMs = durationMs(action.timeout ?? "15m");
  const graceMs = durationMs(action.cancelGrace ?? "10s");
  const deadlines = new Deadlines({ timeoutMs, graceMs }, systemClock);
  const host = { progress: () => undefined, log: taskLog(task.jobId), spans };
  let resume = (): void => undefined;
  const entry = admission.enter(task.jobId, () => resume(), { isSuspect });
  let undrain = (): void => undefined;
  try {
    while (!entry.mayStart()) await new Promise<void>((resolve) => (resume = resolve));
    return await new Promise((resolve) => {
      const attempt = new Attempt(action, task, systemClock.now(), resolve, host);
      givenUp.addEventListener("abort", () => attempt.cancel(new Error("The call was given up.")));
      undrain = drainable({
        leave: () => undefined,
        // Nobody is answered: the call is made again in another process.
        abandon: () => {
          attempt.discard(new Error("The worker gave this attempt up; the call runs again."));
          undrain();
        },
      });
      entry.started();
      deadlines.add(attempt);
      attempt.start();
    });
  } finally {
    deadlines.stop();
    undrain();
    entry.leave();
  }
}

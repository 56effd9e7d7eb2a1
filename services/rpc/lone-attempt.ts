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
import { LEFT } from "../task/outlast.ts";

interface Surroundings extends Pick<AttemptHost, "spans"> {
  /** the code is asked to stop; what it returns does not matter any more */
  readonly givenUp: AbortSignal;
  /** it may run while others are held back */
  readonly isSuspect: boolean;
}

/**
 * One attempt of a function action that belongs to no chunk, under the same guards as one that does. A
 * process that ends leaves it to the next one, unless it has started and ends in time.
 */
export async function loneAttempt(
  action: AnyAction,
  task: Task,
  { givenUp, isSuspect, spans }: Surroundings,
): Promise<AttemptResult | typeof LEFT> {
  const { promise, resolve } = Promise.withResolvers<AttemptResult | typeof LEFT>();
  const timeoutMs = durationMs(action.timeout ?? "15m");
  const graceMs = durationMs(action.cancelGrace ?? "10s");
  const deadlines = new Deadlines({ timeoutMs, graceMs }, systemClock);
  const host = { progress: () => undefined, log: taskLog(task.jobId), spans };
  let attempt: Attempt | undefined;
  const start = () => {
    if (attempt || !entry.mayStart()) return;
    attempt = new Attempt(action, task, systemClock.now(), resolve, host);
    givenUp.addEventListener("abort", () => attempt?.cancel(new Error("The call was given up.")));
    entry.started();
    deadlines.add(attempt);
    attempt.start();
  };
  const entry = admission.enter(task.jobId, start, { isSuspect });
  start();
  const undrain = drainable({
    leave: () => {
      if (!attempt) resolve(LEFT);
    },
    abandon: () => {
      attempt?.discard(new Error("The worker gave this attempt up; the call runs again."));
      resolve(LEFT);
    },
  });
  try {
    return await promise;
  } finally {
    deadlines.stop();
    undrain();
    entry.leave();
  }
}

import { TerminalError, type AnyAction } from "../../actions.ts";
import type { FindAction } from "../../job/core/plan.ts";
import type { ChunkLog } from "../chunk-log.ts";
import type { ChunkSpec } from "../chunk-spec.ts";
import type { ChunkInputs } from "../inputs.ts";
import { systemClock } from "./clock.ts";
import { Execution } from "./execution.ts";

interface Start {
  readonly spec: ChunkSpec;
  readonly inputs: ChunkInputs;
  /** what earlier attempts have committed */
  readonly log: ChunkLog | undefined;
  readonly findAction: FindAction;
  readonly attemptCompletedSignal: AbortSignal;
  /** run these only */
  readonly only?: ReadonlySet<number>;
  /** they run while others are held back */
  readonly isAlone?: boolean;
}

/** Starts the tasks that have no outcome yet. They stop when the attempt that runs them ends. */
export function startExecution(start: Start): Execution {
  const { spec, inputs, log, findAction, attemptCompletedSignal, only, isAlone = false } = start;
  const { action: name, ...plan } = spec.plan;
  const tasks = inputs.tasks
    .filter(({ index }) => !log?.ended.has(index) && (!only || only.has(index)))
    .filter(({ index }) => index < spec.first + (log?.size ?? spec.size))
    .map((task) => log?.retries.get(task.index) ?? task);
  const known = [...(log?.ended ?? []), ...(log?.retries.keys() ?? [])];
  const mayReturn = !only && log?.returnedFrom == null;
  const execution = new Execution({
    jobId: spec.jobId,
    stage: spec.stage,
    generation: spec.generation,
    action: findAction(name) ?? unavailable(name),
    plan,
    next: spec.next,
    window: spec.window,
    room: spec.room,
    tasks,
    lastKnown: mayReturn ? known.reduce((a, b) => Math.max(a, b), -1) : Number.POSITIVE_INFINITY,
    inputOf: inputs.inputOf,
    isEager: spec.isEager,
    isRecovering: log !== undefined && !only,
    startedAt: log?.startedAt ?? systemClock.now(),
    isSuspect: isAlone,
    clock: systemClock,
    random: Math.random,
  });
  if (attemptCompletedSignal.aborted) execution.stop();
  attemptCompletedSignal.addEventListener("abort", () => execution.stop(), { once: true });
  return execution;
}

// --- internal ---

/** An action that was there at submit and is gone. */
function unavailable(name: string): AnyAction {
  return {
    kind: "function",
    name,
    run: () => {
      const message = `No action "${name}" is registered with this worker.`;
      throw new TerminalError(message, { code: "ACTION_UNAVAILABLE" });
    },
  };
}

import type { Request } from "@restatedev/restate-sdk";
import { TerminalError, type AnyAction } from "../../actions.ts";
import { sharedLimits, type FindAction } from "../../job/core/plan.ts";
import { taskLog } from "../../log/task-log.ts";
import type { ChunkLog } from "../chunk-log.ts";
import type { Directive } from "../directive.ts";
import { allowedAtFirst, grantedAtFirst, limitersOf } from "../limiters.ts";
import type { ChunkInputs } from "../inputs.ts";
import { pageAction } from "../page.ts";
import type { Round } from "../suspects.ts";
import type { AttemptSpans } from "./attempt-host.ts";
import { systemClock } from "./clock.ts";
import { Execution } from "./execution.ts";
import type { Grant } from "./lease.ts";
import type { Begun } from "./quarantine.ts";

interface Start {
  readonly inputs: ChunkInputs;
  /** what earlier attempts have committed */
  readonly log: ChunkLog;
  readonly round: Round;
  readonly begun: Begun;
  /** what the job has said before */
  readonly directive: Directive | null;
  readonly findAction: FindAction;
  /** of the invocation that runs them */
  readonly request: Pick<Request, "id" | "attemptCompletedSignal">;
  /** what its limiters have just granted, if it begins after they were asked */
  readonly grant: Grant | null;
  /** null: nobody traces */
  readonly spans: AttemptSpans | null;
}

/** Starts the tasks of a round that have no outcome yet. They stop when the attempt that runs them ends. */
export function startExecution(start: Start): Execution {
  const { inputs, log, round, begun, directive, findAction, request, grant, spans } = start;
  const { attemptCompletedSignal } = request;
  const { spec } = log;
  const { action: name, ...plan } = spec.plan;
  const found = findAction(name);
  const own = found?.kind === "function" ? found : unavailable(name);
  const action = spec.itemsAs === undefined ? own : pageAction(own, spec.itemsAs);
  const group = new Set(round.group);
  const tasks = inputs.tasks
    .filter(({ index }) => log.isOpen(index) && group.has(index))
    .map((task) => log.retries.get(task.index) ?? task);
  const limitersUnder = limitersOf(spec, sharedLimits(action));
  const mayReturn = round.kind === "together" && log.returnedFrom === null;
  const execution = new Execution({
    jobId: spec.jobId,
    jobStartedAt: spec.jobStartedAt,
    stage: spec.stage,
    generation: spec.generation,
    action,
    plan,
    next: spec.next,
    window: spec.window,
    granted: grantedAtFirst(spec),
    released: log.released,
    isIntroduced: log.isIntroduced,
    limiters: limitersUnder(allowedAtFirst(spec)),
    limitersUnder,
    room: spec.room,
    tasks,
    lastKnown: mayReturn ? log.lastKnown : Number.POSITIVE_INFINITY,
    inputOf: inputs.inputOf,
    isEager: spec.isEager,
    decisive: spec.decisive,
    beatMs: spec.beatMs,
    startedAt: log.startedAt,
    committedBytes: log.committedBytes,
    unsavedBytes: log.unsavedBytes,
    directive,
    isSuspect: begun.isAlone,
    log: taskLog(request.id),
    spans,
    clock: systemClock,
    random: Math.random,
  });
  if (grant) execution.granted(grant);
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

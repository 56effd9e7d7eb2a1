import type { ObjectContext } from "@restatedev/restate-sdk";
import type { AppendAnswer, AppendRequest } from "../contract/handlers.ts";
import { durationMs, type Duration } from "../contract/duration.ts";
import { fanoutTasks, type Fanout } from "../contract/fanout.ts";
import type { JobRequest } from "../contract/job-request.ts";
import { LIMITS } from "../contract/limits.ts";
import { SOURCE } from "../contract/task.ts";
import { invalidField, refusal } from "../failure.ts";
import type { Registry } from "../registry.ts";
import { linesSerde } from "../wire/lines.ts";
import { isRemote } from "./core/call-target.ts";
import {
  actionsIn,
  planJob,
  receiversOf,
  requestEcho,
  requestHash,
  stagesOf,
  type FindAction,
  type StagePlan,
} from "./core/plan.ts";
import type { JobEvent } from "./core/reducer.ts";
import { takesAppends } from "./core/seal.ts";
import { segmentsOf } from "./core/segments.ts";
import { hasEnded, newJob, type JobState } from "./core/state.ts";
import { KEYS } from "./state-keys.ts";

/** Refuses what cannot be run; nothing was started. */
export function checkRequest(request: JobRequest, { findAction, findFold }: Registry): void {
  for (const { name, path, timeout = request.timeout } of actionsIn(request)) {
    const found = findAction(name);
    if (!found && !isRemote(name)) {
      throw refusal("UNKNOWN_ACTION", `No action "${name}" is registered.`);
    }
    if (found?.kind === "function" && timeout !== undefined) checkTimeout(timeout, path);
  }
  for (const { fold = request.fold } of stagesOf(request)) {
    if (typeof fold === "object" && "action" in fold && !findFold(fold.action)) {
      throw refusal("UNKNOWN_ACTION", `No fold "${fold.action}" is registered.`);
    }
  }
}

/** A job that has nothing to do yet; payloads and the request are stored beside it. */
export function createJob(
  ctx: ObjectContext,
  request: JobRequest,
  { findAction, at }: { findAction: FindAction; at: number },
): JobState {
  const plan = planJob(request, findAction);
  const withHotPayload = <Plan extends Pick<StagePlan, "payload">>(of: Plan, at: number): Plan => {
    if (JSON.stringify(of.payload).length <= HOT_PAYLOAD_CHARS) return of;
    ctx.set(KEYS.payload(at), of.payload);
    return { ...of, payload: null };
  };
  const stages = plan.stages.map(withHotPayload);
  const source = plan.source && withHotPayload(plan.source, SOURCE);
  ctx.set(KEYS.request, requestEcho(request));
  if (plan.receivers > 0) ctx.set(KEYS.receivers, receiversOf(request));
  const actions = plan.stages.map(({ action }) => action);
  ctx.console.info({ actions }, "The job was submitted.");
  const epoch = ctx.rand.uuidv4().slice(0, 8);
  return newJob({ ...plan, stages, source }, { epoch, hash: requestHash(request), at });
}

/** Stores the items of a fan-out for stage 0 and says what the job has to do with them. */
export function feed(
  ctx: ObjectContext,
  state: JobState,
  { fanout, seal, at }: { fanout: Fanout | undefined; seal: boolean; at: number },
): JobEvent {
  const { segments, slices } = segmentsOf(
    fanout ?? { tasks: 0 },
    state.stages[0]!.total,
    state.slices,
  );
  for (const [number, { as, values }] of slices.entries()) {
    ctx.set(KEYS.slice(state.slices + number), { head: { as }, lines: values }, SLICE);
  }
  return { type: "feed", at, segments, slices: slices.length, seal };
}

/** What is stored of an append that had an id: the same content gets the same answer again. */
export interface KnownAppend {
  readonly hash: string;
  readonly answer: AppendAnswer;
}

/** Refuses an append that the job cannot take. */
export function checkAppend(jobId: string, state: JobState, { fanout }: AppendRequest): void {
  const stage = state.stages[0]!;
  if (hasEnded(state) || state.stop) throw refusal("JOB_ENDED", `Job "${jobId}" has ended.`);
  if (!takesAppends(state)) throw refusal("JOB_SEALED", `Job "${jobId}" is sealed.`);
  const { items, bytes } = stage.backlog;
  const coming = fanout.foreach ? (fanoutTasks(fanout) ?? 0) : 0;
  if (coming > 0 && (items + coming > LIMITS.backlogItems || bytes > LIMITS.backlogBytes)) {
    const message = `Job "${jobId}" stores ${items} items that no task has taken yet.`;
    throw refusal("BACKLOG_FULL", message, { retryAfterMs: 1_000 });
  }
  if (stage.total + (fanoutTasks(fanout) ?? 0) > LIMITS.tasksPerStage) {
    throw invalidField("fanout", `makes more than ${LIMITS.tasksPerStage} tasks in the stage`);
  }
}

export const SLICE = linesSerde<{ as: string }>();

// --- internal ---

/** Code that runs in a chunk is bounded; a handler may sleep for as long as it likes. */
function checkTimeout(timeout: Duration, path: string): void {
  if (durationMs(timeout) <= LIMITS.attemptMs) return;
  throw invalidField("timeout", `of ${path} must be at most 6h: it runs a function action`);
}

/** A longer payload is not part of what each step of the job reads and writes. */
const HOT_PAYLOAD_CHARS = 1_024;

import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import type { EndStatus } from "../contract/task.ts";
import type { JobOutcome, StageOutcome, TaskCounts } from "../contract/job-outcome.ts";
import { textSerde } from "../wire/lines.ts";
import type { JobState, StageState } from "./core/state.ts";
import { jobHandle } from "./handle.ts";
import { KEYS } from "./state-keys.ts";

/** The outcome of an ended job. */
export async function jobOutcome(
  ctx: ObjectContext | ObjectSharedContext,
  state: JobState,
  publicUrl: string,
): Promise<JobOutcome> {
  const stages: StageOutcome[] = [];
  for (const at of state.stages.keys()) stages.push(await stageOutcome(ctx, state, at));
  const completedAt = state.endedAt ?? state.updatedAt;
  const wallMs = state.earlierMs + completedAt - state.generationAt;
  const taskMs = sum(state.stages, ({ taskMs }) => taskMs);
  const last = state.stages.length - 1;
  const { result } = stages[last]!;
  const isTruncated = state.plan.stages[last]!.fold === "collect" && result === null;
  return {
    jobId: ctx.key,
    status: endStatus(state),
    ...(state.reason === null ? {} : { reason: state.reason }),
    generation: state.generation,
    taskCounts: state.stages.map(taskCounts).reduce((a, b) => ({
      total: a.total + b.total,
      SUCCEEDED: a.SUCCEEDED + b.SUCCEEDED,
      FAILED: a.FAILED + b.FAILED,
      CANCELLED: a.CANCELLED + b.CANCELLED,
    })),
    stages,
    result,
    ...(isTruncated ? { truncated: true } : {}),
    resultsUri: jobHandle(publicUrl, ctx.key).resultsUri,
    startedAt: state.startedAt,
    completedAt,
    tookMs: wallMs,
    receipt: {
      taskMs: Math.round(taskMs),
      wallMs,
      speedup: Math.round((taskMs / Math.max(1, wallMs)) * 10) / 10,
      retries: sum(state.stages, ({ retries }) => retries),
    },
    request: await ctx.get(KEYS.request),
  };
}

/** The outcome of an ended stage. */
export async function stageOutcome(
  ctx: ObjectContext | ObjectSharedContext,
  state: JobState,
  at: number,
): Promise<StageOutcome> {
  const stage = state.stages[at]!;
  const json = await ctx.get<string>(KEYS.result(at), textSerde);
  const endedAt = stage.endedAt ?? state.updatedAt;
  const error = stage.foldError ?? (at === 0 ? state.source?.error : null);
  return {
    stage: at,
    action: state.plan.stages[at]!.action,
    status: endStatus(stage),
    taskCounts: taskCounts(stage),
    tookMs: endedAt - (stage.startedAt ?? endedAt),
    result: json === null ? null : (JSON.parse(json) as unknown),
    ...(error ? { error } : {}),
  };
}

// --- internal ---

/** Of a job or a stage that has ended. */
function endStatus({ status }: JobState | StageState): EndStatus {
  if (status === "PENDING" || status === "RUNNING") throw new Error("an outcome before the end");
  return status;
}

function taskCounts({ total, succeeded, failed, cancelled }: StageState): TaskCounts {
  return { total, SUCCEEDED: succeeded, FAILED: failed, CANCELLED: cancelled };
}

function sum(stages: readonly StageState[], of: (stage: StageState) => number): number {
  return stages.reduce((total, stage) => total + of(stage), 0);
}

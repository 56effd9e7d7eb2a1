import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import type { JobOutcome, TaskCounts } from "../contract/job-outcome.ts";
import { textSerde } from "../wire/lines.ts";
import { userFold } from "./core/fold/user-fold.ts";
import type { JobState, StageState } from "./core/state.ts";
import { jobHandle } from "./handle.ts";
import { KEYS } from "./state-keys.ts";

/** The outcome of an ended job. */
export async function jobOutcome(
  ctx: ObjectContext | ObjectSharedContext,
  state: JobState,
  publicUrl: string,
): Promise<JobOutcome> {
  const results: unknown[] = [];
  for (const at of state.stages.keys()) {
    const json = await ctx.get<string>(KEYS.result(at), textSerde);
    results.push(json === null ? null : JSON.parse(json));
  }
  const completedAt = state.endedAt ?? state.updatedAt;
  const wallMs = completedAt - state.startedAt;
  const taskMs = sum(state.stages, ({ taskMs }) => taskMs);
  const last = state.stages.length - 1;
  const isTruncated = state.plan.stages[last]!.fold === "collect" && results[last] === null;
  return {
    jobId: ctx.key,
    status: state.status === "SUCCEEDED" ? "SUCCEEDED" : "FAILED",
    ...reasonOf(state),
    generation: state.generation,
    taskCounts: state.stages.map(taskCounts).reduce((a, b) => ({
      total: a.total + b.total,
      SUCCEEDED: a.SUCCEEDED + b.SUCCEEDED,
      FAILED: a.FAILED + b.FAILED,
      CANCELLED: a.CANCELLED + b.CANCELLED,
    })),
    stages: state.stages.map((stage, at) => ({
      stage: at,
      action: state.plan.stages[at]!.action,
      status: stage.status === "SUCCEEDED" ? "SUCCEEDED" : "FAILED",
      taskCounts: taskCounts(stage),
      tookMs: (stage.endedAt ?? completedAt) - (stage.startedAt ?? completedAt),
      result: results[at],
      ...(stage.foldError ? { error: stage.foldError } : {}),
    })),
    result: results[last],
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

// --- internal ---

/** What the first fold that failed says of itself. */
function reasonOf({ stages, plan }: JobState): Pick<JobOutcome, "reason"> {
  const at = stages.findIndex(({ foldError }) => foldError);
  if (at === -1) return {};
  const name = userFold(plan.stages[at]!.fold);
  return { reason: `fold "${name}" of stage ${at} failed: ${stages[at]!.foldError?.message}` };
}

function taskCounts({ total, succeeded, failed, cancelled }: StageState): TaskCounts {
  return { total, SUCCEEDED: succeeded, FAILED: failed, CANCELLED: cancelled };
}

function sum(stages: readonly StageState[], of: (stage: StageState) => number): number {
  return stages.reduce((total, stage) => total + of(stage), 0);
}

import type { Blocker, ControlAnswer } from "../../contract/handlers.ts";
import type { Counts, JobStatus, StageStatus } from "../../contract/job-status.ts";
import { userFold } from "./fold/user-fold.ts";
import type { HeldBy } from "../../task/executor/lease.ts";
import { takesAppends } from "./seal.ts";
import { sourceBlocker } from "./source-blocker.ts";
import { endedTasks, hasEnded, unstartedTasks, type JobState, type StageState } from "./state.ts";

/** A job as `status` shows it. `folds`: of each stage what its chunks' fold shows, if they compute one. */
export function jobStatus(
  jobId: string,
  state: JobState,
  folds: readonly unknown[] = [],
): JobStatus {
  return {
    jobId,
    status: publicStatus(state),
    ...(isStopping(state) ? { stopping: true } : {}),
    sealed: state.stages[0]!.sealed,
    generation: state.generation,
    stages: state.stages.map((stage, at) => stageStatus(state, stage, at, folds[at])),
    startedAt: state.startedAt,
    updatedAt: state.updatedAt,
    labels: { ...state.plan.labels },
  };
}

/** What control handlers answer. */
export const controlAnswer = (jobId: string, state: JobState): ControlAnswer => ({
  jobId,
  status: publicStatus(state),
  generation: state.generation,
});

/** Everything the next fan-ins wait for. */
export function blockers(state: JobState, now: number): Blocker[] {
  if (hasEnded(state)) return [];
  const ofJob: Blocker[] = [];
  if (state.isPaused) ofJob.push({ kind: "paused", message: "The job is paused." });
  if (state.isScheduled) {
    const startsAt = state.startedAt;
    ofJob.push({ kind: "scheduled", startsAt, message: "The job starts later." });
  }
  const ofStages = state.stages.flatMap((stage, at) => {
    if (hasEnded(stage)) return [];
    const counts = countsOf(stage);
    const found: Blocker[] = [];
    const add = (kind: Blocker["kind"], message: string, more: Record<string, unknown> = {}) =>
      found.push({ kind, stage: at, ...more, message });

    if (stage.stop) {
      const chunks = chunksOf(stage).length;
      const message = `Stage ${at} is being stopped (${stage.stop.reason}); ${chunks} chunks wind down.`;
      add("stopping", message, { chunks });
    }
    if (at === 0 && takesAppends(state)) {
      add("unsealed", "Stage 0 takes more tasks until it is sealed.");
    }
    const source = at === 0 && sourceBlocker(state);
    if (source) found.push(source);
    if (at > 0 && !hasEnded(state.stages[at - 1]!)) {
      add("upstream", `Stage ${at} may get more tasks until stage ${at - 1} has ended.`);
    }
    const { action } = state.plan.stages[at]!;
    const [limited, rated] = [heldTasks(stage, "limiter"), heldTasks(stage, "rate")];
    if (limited > 0) {
      const message = tasks(
        limited,
        "wait",
        ` for what action "${action}" allows all jobs together`,
      );
      add("limiter", message, { count: limited, action });
    }
    if (rated > 0) {
      add("rate", tasks(rated, "wait", " for their stage's rate"), { count: rated });
    }
    const pending = counts.pending - limited - rated;
    if (pending > 0) {
      add("pending", tasks(pending, "wait", " for a free slot"), { count: pending });
    }
    if (counts.running > 0) {
      add("running", tasks(counts.running, "run"), { count: counts.running });
    }
    if (counts.retrying > 0) {
      const times = chunksOf(stage).flatMap(({ nextRetryAt }) => nextRetryAt ?? []);
      const nextRetryAt = times.length > 0 ? Math.min(...times) : null;
      add("retrying", tasks(counts.retrying, "wait", " for their next attempt"), {
        count: counts.retrying,
        nextRetryAt,
      });
    }
    if (stage.folding === "running") {
      const name = userFold(state.plan.stages[at]!.fold);
      add("fold", `The fold "${name}" goes through the outcomes.`, { fold: name });
    }
    for (const [chunk, { seenAt, first, size }] of Object.entries(stage.chunks)) {
      // Those that wait for calls have nothing to say while nothing happens.
      if (now - seenAt <= SILENT_MS || state.plan.stages[at]!.call) continue;
      const seconds = Math.round((now - seenAt) / 1_000);
      add(
        "silent",
        `Chunk ${chunk} (${size} tasks from ${first}) has said nothing for ${seconds} s.`,
        {
          chunk: Number(chunk),
          sinceMs: now - seenAt,
        },
      );
    }
    return found;
  });
  return [...ofJob, ...ofStages];
}

// --- internal ---

/** More than two of the longest beats. */
const SILENT_MS = 65_000;

function publicStatus({ status, isPaused, isScheduled }: JobState): JobStatus["status"] {
  if (status !== "RUNNING") return status;
  if (isPaused) return "PAUSED";
  return isScheduled ? "SCHEDULED" : "RUNNING";
}

const isStopping = (state: JobState) =>
  !hasEnded(state) &&
  (state.stop !== null || state.stages.some((stage) => stage.stop && !hasEnded(stage)));

function tasks(count: number, verb: "run" | "wait", why = ""): string {
  return count === 1 ? `1 task ${verb}s${why}.` : `${count} tasks ${verb}${why}.`;
}

const chunksOf = (stage: StageState) => Object.values(stage.chunks);

/** Tasks in chunks that say what they wait for. */
function heldTasks(stage: StageState, heldBy: HeldBy): number {
  const held = chunksOf(stage).filter((chunk) => chunk.heldBy === heldBy);
  return held.reduce((sum, chunk) => sum + unstartedTasks(chunk), 0);
}

function stageStatus(state: JobState, stage: StageState, at: number, folded: unknown): StageStatus {
  const plan = state.plan.stages[at]!;
  const counts = countsOf(stage);
  const ended = endedTasks(stage);
  const isComplete = stage.sealed && ended === stage.total;
  const sinceMs = Math.max(0, state.updatedAt - stage.rateAt);
  const ratePerSecond = hasEnded(stage) ? 0 : Math.round(decayed(stage, sinceMs) * 1_000) / 1_000;
  const fold = plan.fold === "count" ? stage.succeeded : folded;
  const isMoving = stage.sealed && ratePerSecond > 0;
  return {
    stage: at,
    action: plan.action,
    status: stage.status,
    sealed: stage.sealed,
    counts,
    percent: isComplete ? 100 : Math.floor((ended * 100) / Math.max(1, stage.total)),
    ratePerSecond,
    etaMs: isMoving ? Math.round(((stage.total - ended) / ratePerSecond) * 1_000) : null,
    concurrency: plan.concurrency,
    ...(fold === undefined ? {} : { fold }),
  };
}

function countsOf(stage: StageState): Counts {
  const { total, succeeded, failed, cancelled } = stage;
  const running = chunksOf(stage).reduce((sum, chunk) => sum + chunk.running, 0);
  const retrying = chunksOf(stage).reduce((sum, chunk) => sum + chunk.retrying, 0);
  const pending = total - endedTasks(stage) - running - retrying;
  return { total, pending, running, retrying, succeeded, failed, cancelled };
}

/** The average starts at nothing, so that in its first seconds it is weighed up. */
function decayed(stage: StageState, sinceMs: number): number {
  const weight =
    1 - Math.exp(-Math.max(1, stage.rateAt - (stage.startedAt ?? stage.rateAt)) / 5_000);
  return (stage.rate * Math.exp(-sinceMs / 5_000)) / Math.max(weight, 0.01);
}

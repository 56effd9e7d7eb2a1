import { emptyBacklog, push } from "./backlog.ts";
import type { Command } from "./command.ts";
import { userFold } from "./fold/user-fold.ts";
import { readOn } from "./pages.ts";
import type { Segment } from "./segments.ts";
import {
  backlogsOf,
  REDRIVEN,
  type JobState,
  type RedrivenStatus,
  type StageState,
} from "./state.ts";

/** Tasks of one stage of an ended job that are to run again. */
export interface RedrivenStage {
  readonly stage: number;
  /** those with a recorded outcome */
  readonly recorded: Readonly<Record<RedrivenStatus, readonly Segment[]>>;
  /** those that were cancelled before they started */
  readonly dropped: readonly Segment[];
  /** what of `StageState.dropped` stays cancelled, in its order */
  readonly stillDropped: readonly (readonly Segment[])[];
}

/** What runs again, the stages whose user's fold does, and whether the source is read on. */
export interface Redrive {
  readonly at: number;
  readonly stages: readonly RedrivenStage[];
  readonly folds: readonly number[];
  readonly readsOn: boolean;
}

/** Opens an ended job again, one generation later. The stages behind the first one take what it passes on. */
export function redrive(
  state: JobState,
  { at, stages, folds, readsOn }: Redrive,
  commands: Command[],
): void {
  state.earlierMs += (state.endedAt ?? state.updatedAt) - state.generationAt;
  state.generation += 1;
  state.generationAt = at;
  state.updatedAt = at;
  state.status = "RUNNING";
  state.endedAt = null;
  state.reason = null;
  state.stop = null;
  state.isPaused = false;
  const running = new Set([...(readsOn ? [0] : []), ...folds, ...stages.map(({ stage }) => stage)]);
  const first = Math.min(...running);
  for (const [number, stage] of state.stages.entries()) {
    if (number < first) continue;
    if (stage.folding === "cut") running.add(number);
    stage.status = stage.total > 0 ? "RUNNING" : "PENDING";
    stage.endedAt = null;
    stage.stop = null;
    stage.sealed = number === first;
  }
  for (const redriven of stages) restore(state, redriven, commands);
  if (readsOn) readOn(state);
  for (const number of running) {
    const stage = state.stages[number]!;
    stage.ranIn = state.generation;
    stage.foldError = null;
    stage.folding = userFold(state.plan.stages[number]!.fold) === null ? null : "due";
  }
}

// --- internal ---

function restore(state: JobState, redriven: RedrivenStage, commands: Command[]): void {
  const stage = state.stages[redriven.stage]!;
  stage.failed -= tasksIn(redriven.recorded.FAILED);
  stage.cancelled -= tasksIn(redriven.recorded.CANCELLED) + tasksIn(redriven.dropped);

  let page = Math.max(...pagesOf(stage));
  // In order, as every backlog is: what several stops have dropped is mixed.
  const stored = (segments: readonly Segment[]) => {
    const backlog = emptyBacklog(page);
    for (const spilled of push(backlog, inOrder(segments))) {
      commands.push({ type: "spill", stage: redriven.stage, spilled });
    }
    page = backlog.nextPage;
    return backlog;
  };
  stage.dropped = stage.dropped
    .map((of, at) => ({ ...of, backlog: stored(redriven.stillDropped[at] ?? []) }))
    .filter(({ backlog }) => backlog.tasks > 0);
  for (const status of REDRIVEN) stage.redriven[status] = stored(redriven.recorded[status]);
  stage.backlog = stored(redriven.dropped);
}

/** Numbers beyond those of every page that it has spilled. */
function pagesOf(stage: StageState): number[] {
  return [...backlogsOf(stage), ...stage.dropped.map(({ backlog }) => backlog)].map(
    ({ nextPage }) => nextPage,
  );
}

const inOrder = (segments: readonly Segment[]) => segments.toSorted((a, b) => a.first - b.first);

const tasksIn = (segments: readonly Segment[]) =>
  segments.reduce((sum, { count }) => sum + count, 0);

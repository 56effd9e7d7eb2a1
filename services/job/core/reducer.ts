import { SOURCE } from "../../contract/task.ts";
import { needsPage, refill } from "./backlog.ts";
import { applyBegun } from "./begun.ts";
import type { Command } from "./command.ts";
import { boundsOf, isFlooded, planChunks } from "./dispatch.ts";
import { addTasks } from "./feed.ts";
import type { Folded } from "./fold/user-fold.ts";
import { takeFolded } from "./folding.ts";
import { serveWants } from "./grants.ts";
import { applyPage, missingPages, readAhead } from "./pages.ts";
import { judgeEarly, judgeStage, type Verdict } from "./policy.ts";
import { redrive, type Redrive } from "./redrive.ts";
import { applyFreed, applyReport } from "./report.ts";
import { seal } from "./seal.ts";
import type { Segment } from "./segments.ts";
import {
  backlogsOf,
  begin,
  hasEnded,
  waitingTasks,
  type BegunChunk,
  type ChunkReport,
  type FreedChunk,
  type JobState,
  type Stop,
} from "./state.ts";
import { giveOrder, stopJob, stopStage } from "./stop.ts";
import type { StagePlan } from "./plan.ts";

/** What happens to a job. Times come with the event. */
export type JobEvent =
  /** tasks for stage 0, and whether they were the last ones */
  | { type: "feed"; at: number; segments: readonly Segment[]; slices: number; seal: boolean }
  | { type: "report"; report: ChunkReport }
  | { type: "begun"; begun: BegunChunk }
  | { type: "freed"; freed: FreedChunk }
  | { type: "folded"; folded: Folded }
  /** the delay is over */
  | { type: "start"; at: number }
  | { type: "pause" | "resume"; at: number }
  | { type: "stop"; at: number; as: "FAILED" | "CANCELLED"; reason: string }
  | { type: "limits"; at: number; stages: readonly number[]; limits: ChangedLimits }
  | ({ type: "redrive" } & Redrive);

export type ChangedLimits = Partial<Pick<StagePlan, "concurrency" | "rate">>;

/**
 * One step of a job: counts, feeds the next stage, seals, judges, fans in and dispatches, all or nothing.
 *
 * 1. total = waiting + in flight + succeeded + failed + cancelled, in every stage.
 * 2. Late, duplicate and foreign reports change nothing.
 * 3. A stage ends once in each generation: when it is sealed, nothing waits or runs, and the stage before it
 *    has ended. It fans in if it had anything to run in that generation.
 * 4. Stage k+1 is sealed by the end of stage k.
 */
export function reduce(
  before: JobState,
  event: JobEvent,
): { state: JobState; commands: Command[] } {
  const state = structuredClone(before);
  const commands: Command[] = [];
  if (hasEnded(state) !== (event.type === "redrive")) return { state, commands };
  if (!apply(state, event, commands)) return { state: before, commands: [] };
  for (const at of state.stages.keys()) endEarly(state, at, commands);
  endStages(state, commands);
  if (!hasEnded(state)) dispatch(state, commands);
  return { state, commands };
}

/** Pages that the edge must load, and hand to `withPage`, before it reduces. */
export function pagesNeeded(state: JobState): { stage: number; page: number }[] {
  return state.stages.flatMap((stage, at) =>
    backlogsOf(stage).flatMap((backlog) => {
      const page = needsPage(backlog);
      return page === null ? [] : [{ stage: at, page }];
    }),
  );
}

export function withPage(
  before: JobState,
  { stage, page }: { readonly stage: number; readonly page: number },
  segments: readonly Segment[],
): JobState {
  const state = structuredClone(before);
  const backlog = backlogsOf(state.stages[stage]!).find((each) => needsPage(each) === page);
  if (backlog) refill(backlog, segments);
  return state;
}

// --- internal ---

/** False: nothing has changed. */
function apply(state: JobState, event: JobEvent, commands: Command[]): boolean {
  if (event.type === "report") {
    state.updatedAt = Math.max(state.updatedAt, event.report.at);
    const isPage = event.report.stage === SOURCE;
    return (isPage ? applyPage : applyReport)(state, event.report, commands);
  }
  if (event.type === "begun") return applyBegun(state, event.begun, commands);
  if (event.type === "freed") return applyFreed(state, event.freed);
  if (event.type === "folded") {
    const { stage, at, answer } = event.folded;
    state.updatedAt = Math.max(state.updatedAt, at);
    commands.push({ type: "folded", stage, json: "json" in answer ? answer.json : null });
    return takeFolded(state, event.folded);
  }
  state.updatedAt = Math.max(state.updatedAt, event.at);
  switch (event.type) {
    case "feed":
      state.fedAt = event.at;
      state.slices += event.slices;
      addTasks(state, 0, event.segments, commands);
      if (event.seal) seal(state);
      break;
    case "start":
      begin(state);
      break;
    case "pause":
    case "resume":
      state.isPaused = event.type === "pause";
      for (const at of state.stages.keys()) giveOrder(state, at, commands);
      break;
    case "stop":
      stopJob(state, event, commands);
      break;
    case "limits": {
      const stages = state.plan.stages.map((plan, at) =>
        event.stages.includes(at) ? { ...plan, ...event.limits } : plan,
      );
      state.plan = { ...state.plan, stages };
      state.isPaced = true;
      for (const at of event.stages) giveOrder(state, at, commands);
      break;
    }
    case "redrive":
      redrive(state, event, commands);
      break;
  }
  return true;
}

/** Stops a stage that its policy does not let run on; one that stops as FAILED stops the job. */
function endEarly(state: JobState, at: number, commands: Command[]): void {
  const stage = state.stages[at]!;
  if (stage.stop || hasEnded(stage) || stage.ranIn < state.generation) return;
  const verdict = judgeEarly(stage, state.plan.stages[at]!);
  if (!verdict) return;
  const reason = verdict.reason ?? "The stage has as many succeeded tasks as it needs.";
  stopStage(state, at, { as: verdict.as, reason }, commands);
  if (verdict.as === "FAILED") stopJob(state, { as: "FAILED", reason }, commands);
}

function endStages(state: JobState, commands: Command[]): void {
  if (state.isPaused || state.isScheduled) return;
  for (const [at, stage] of state.stages.entries()) {
    const previous = state.stages[at - 1];
    if (previous && !hasEnded(previous)) return;
    if (previous && !stage.sealed) {
      stage.sealed = true;
      endEarly(state, at, commands);
    }
    if (hasEnded(stage)) continue;
    const isIdle = waitingTasks(stage) === 0 && Object.keys(stage.chunks).length === 0;
    const isFed = at === 0 && state.source?.reading != null;
    if (!stage.sealed || !isIdle || isFed) return;
    stage.startedAt ??= state.updatedAt;
    if (stage.folding === "due") {
      stage.folding = "running";
      stage.status = "RUNNING";
      commands.push({ type: "start fold", stage: at });
    }
    if (stage.folding === "running") return;
    stage.endedAt = state.updatedAt;
    stage.status = endOf(state, at).as;
    if (stage.ranIn === state.generation) commands.push({ type: "stage ended", stage: at });
  }
  endJob(state, commands);
}

/** What an earlier generation left CANCELLED, and nobody ran again, is no success. */
function endJob(state: JobState, commands: Command[]): void {
  const failed = state.stages.findIndex(({ status }) => status !== "SUCCEEDED");
  const end = state.stop ?? (failed === -1 ? null : endOf(state, failed));
  state.status = state.stop?.as ?? (end ? "FAILED" : "SUCCEEDED");
  state.reason = end?.reason ?? null;
  state.endedAt = state.updatedAt;
  commands.push({ type: "job ended" });
}

/** A stage that was stopped as it had succeeded enough is FAILED all the same if its fold is. */
function endOf(state: JobState, at: number): Stop | Verdict {
  const { stages, plan } = state;
  const { stop, foldError } = stages[at]!;
  if (stop && !foldError) return stop;
  const missing = at === 0 ? missingPages(state) : null;
  if (missing) return { as: "FAILED", reason: missing };
  return judgeStage(stages[at]!, plan.stages[at]!);
}

function dispatch(state: JobState, commands: Command[]): void {
  if (state.isPaused || state.isScheduled) return;
  for (const [at, stage] of state.stages.entries()) {
    serveWants(state, at, commands);
    if (isFlooded(state.stages[at + 1])) continue;
    const bounds = boundsOf(state.plan.stages[at]!);
    for (const planned of planChunks(stage, { ...bounds, at: state.updatedAt })) {
      stage.status = "RUNNING";
      stage.startedAt ??= state.updatedAt;
      commands.push({ type: "dispatch", stage: at, planned });
    }
  }
  readAhead(state, commands);
}

import { LIMITS } from "../../contract/limits.ts";
import { needsPage, push, refill, unshift, type SpilledPage } from "./backlog.ts";
import { isFlooded, planChunks, type PlannedChunk } from "./dispatch.ts";
import type { Folded } from "./fold/user-fold.ts";
import { foldAgain, takeFolded } from "./folding.ts";
import { judgeJob, judgeStage } from "./policy.ts";
import type { Segment } from "./segments.ts";
import { hasEnded, type ChunkReport, type JobState, type StageState } from "./state.ts";

/** What happens to a job. Times come with the event. */
export type JobEvent =
  /** tasks for stage 0, and whether they were the last ones */
  | { type: "feed"; at: number; segments: readonly Segment[]; slices: number; seal: boolean }
  | { type: "report"; report: ChunkReport }
  | { type: "folded"; folded: Folded }
  /** an ended job folds a stage again */
  | { type: "refold"; at: number; stage: number };

/** What the durable edge has to do for it, in this order. */
export type Command =
  | { type: "dispatch"; stage: number; planned: PlannedChunk }
  | { type: "spill"; stage: number; spilled: SpilledPage }
  /** keep these results for the stage's `collect`; null: forget what was kept */
  | { type: "collect"; stage: number; lines: readonly string[] | null }
  /** merge this part into the stage's fold */
  | { type: "fold"; stage: number; part: unknown }
  /** let the user's fold go through the stage's outcomes */
  | { type: "start fold"; stage: number }
  /** it has answered; null: without a result */
  | { type: "folded"; stage: number; json: string | null }
  | { type: "stage ended"; stage: number }
  | { type: "job ended" };

/**
 * One step of a job: counts, feeds the next stage, seals, fans in and dispatches, all or nothing.
 *
 * 1. total = waiting + in flight + succeeded + failed + cancelled, in every stage.
 * 2. Late, duplicate and foreign reports change nothing.
 * 3. A stage ends once: when it is sealed, nothing waits or runs, and the stage before it has ended.
 * 4. Stage k+1 is sealed by the end of stage k.
 */
export function reduce(
  before: JobState,
  event: JobEvent,
): { state: JobState; commands: Command[] } {
  const state = structuredClone(before);
  const commands: Command[] = [];
  if (state.status !== "RUNNING" && event.type !== "refold") return { state, commands };

  switch (event.type) {
    case "feed":
      state.updatedAt = Math.max(state.updatedAt, event.at);
      state.slices += event.slices;
      addTasks(state, 0, event.segments, commands);
      if (event.seal) state.stages[0]!.sealed = true;
      break;
    case "report":
      if (!applyReport(state, event.report, commands)) return { state: before, commands: [] };
      state.updatedAt = Math.max(state.updatedAt, event.report.at);
      break;
    case "folded": {
      const { stage, at, answer } = event.folded;
      if (!takeFolded(state, event.folded)) return { state: before, commands: [] };
      state.updatedAt = Math.max(state.updatedAt, at);
      commands.push({ type: "folded", stage, json: "json" in answer ? answer.json : null });
      break;
    }
    case "refold":
      if (!foldAgain(state, event.stage)) return { state: before, commands: [] };
      state.updatedAt = Math.max(state.updatedAt, event.at);
      break;
  }
  endStages(state, commands);
  if (state.status === "RUNNING") dispatch(state, commands);
  return { state, commands };
}

/** Pages that the edge must load, and hand to `withPage`, before it reduces. */
export function pagesNeeded(state: JobState): { stage: number; page: number }[] {
  return state.stages.flatMap(({ backlog }, stage) => {
    const page = needsPage(backlog);
    return page === null ? [] : [{ stage, page }];
  });
}

export function withPage(before: JobState, stage: number, segments: readonly Segment[]): JobState {
  const state = structuredClone(before);
  refill(state.stages[stage]!.backlog, segments);
  return state;
}

// --- internal ---

function addTasks(
  state: JobState,
  at: number,
  segments: readonly Segment[],
  commands: Command[],
): void {
  const stage = state.stages[at]!;
  stage.total += segments.reduce((sum, { count }) => sum + count, 0);
  for (const spilled of push(stage.backlog, segments)) {
    commands.push({ type: "spill", stage: at, spilled });
  }
}

/** False: the report is not of a chunk in flight, or older than one that was seen. */
function applyReport(state: JobState, report: ChunkReport, commands: Command[]): boolean {
  const stage = state.stages[report.stage];
  const chunk = stage?.chunks[report.chunk];
  const isForeign = report.epoch !== state.epoch || report.generation !== state.generation;
  if (!stage || !chunk || isForeign || (!report.final && report.seq <= chunk.seq)) return false;

  const succeeded = report.succeeded - chunk.succeeded;
  const failed = report.failed - chunk.failed;
  stage.succeeded += succeeded;
  stage.failed += failed;
  // A chunk that was run again apart has forgotten these two.
  stage.retries += Math.max(0, report.retries - chunk.retries);
  stage.taskMs += Math.max(0, report.taskMs - chunk.taskMs);
  measureRate(stage, succeeded + failed, report.at);
  if (report.returned.length > 0 && !chunk.hasReturned) {
    unshift(stage.backlog, report.returned);
    chunk.size -= report.returned.reduce((sum, { count }) => sum + count, 0);
    chunk.hasReturned = true;
  }
  passOn(state, report, chunk.pieces, commands);

  if (report.final) {
    collect(state, report, commands);
    if (report.fold !== null) {
      commands.push({ type: "fold", stage: report.stage, part: report.fold });
    }
    measurePace(stage, report, chunk.window);
    delete stage.chunks[report.chunk];
  } else {
    const { seq, window, running, retrying, nextRetryAt, retries, taskMs } = report;
    Object.assign(chunk, { seq, running, retrying, nextRetryAt, retries, taskMs });
    chunk.succeeded = report.succeeded;
    chunk.failed = report.failed;
    if (report.firstPiece <= chunk.pieces) {
      chunk.pieces = Math.max(chunk.pieces, report.firstPiece + report.pieces.length);
    }
    chunk.window = Math.min(chunk.window, window);
    chunk.seenAt = report.at;
  }
  return true;
}

/** Feeds the next stage with the pieces that earlier reports of the chunk did not name. */
function passOn(
  state: JobState,
  report: ChunkReport,
  seenPieces: number,
  commands: Command[],
): void {
  const next = state.stages[report.stage + 1];
  // A report that came before its predecessor: the last one names every piece.
  if (!next || report.firstPiece > seenPieces) return;
  let first = next.total;
  const segments: Segment[] = [];
  for (const { key, name, count, bytes } of report.pieces.slice(seenPieces - report.firstPiece)) {
    segments.push({ first, count, bytes, source: { kind: "piece", key, name, offset: 0 } });
    first += count;
  }
  addTasks(state, report.stage + 1, segments, commands);
}

function collect(state: JobState, report: ChunkReport, commands: Command[]): void {
  const stage = state.stages[report.stage]!;
  if (!stage.collected) return;
  const lines = report.collected;
  const tasks = stage.collected.tasks + (lines?.length ?? 0);
  const bytes =
    stage.collected.bytes + (lines ?? []).reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  if (!lines || tasks > LIMITS.collectTasks || bytes > LIMITS.collectBytes) {
    stage.collected = null;
    commands.push({ type: "collect", stage: report.stage, lines: null });
  } else {
    stage.collected = { tasks, bytes };
    commands.push({ type: "collect", stage: report.stage, lines });
  }
}

function endStages(state: JobState, commands: Command[]): void {
  for (const [at, stage] of state.stages.entries()) {
    const previous = state.stages[at - 1];
    if (previous && !hasEnded(previous)) return;
    if (previous) stage.sealed = true;
    if (hasEnded(stage)) continue;
    const isIdle = stage.backlog.tasks === 0 && Object.keys(stage.chunks).length === 0;
    if (!stage.sealed || !isIdle) return;
    stage.startedAt ??= state.updatedAt;
    if (stage.folding === "due") {
      stage.folding = "running";
      stage.status = "RUNNING";
      commands.push({ type: "start fold", stage: at });
    }
    if (stage.folding === "running") return;
    stage.endedAt = state.updatedAt;
    stage.status = judgeStage(stage, state.plan.stages[at]!.policy);
    commands.push({ type: "stage ended", stage: at });
  }
  state.status = judgeJob(state.stages);
  state.endedAt = state.updatedAt;
  commands.push({ type: "job ended" });
}

function dispatch(state: JobState, commands: Command[]): void {
  for (const [at, stage] of state.stages.entries()) {
    if (isFlooded(state.stages[at + 1])) continue;
    const { concurrency } = state.plan.stages[at]!;
    for (const planned of planChunks(stage, { concurrency, at: state.updatedAt })) {
      stage.status = "RUNNING";
      stage.startedAt ??= state.updatedAt;
      commands.push({ type: "dispatch", stage: at, planned });
    }
  }
}

/** Exponentially decaying average of outcomes per second (Cormode et al., forward decay, 2009). */
function measureRate(stage: StageState, outcomes: number, at: number): void {
  const seconds = Math.max(0, at - stage.rateAt) / 1_000;
  stage.rate = stage.rate * Math.exp(-seconds / RATE_SECONDS) + outcomes / RATE_SECONDS;
  stage.rateAt = Math.max(stage.rateAt, at);
}

function measurePace(stage: StageState, report: ChunkReport, window: number): void {
  const outcomes = report.succeeded + report.failed;
  if (outcomes === 0) return;
  const seconds = Math.max(report.at - report.startedAt, 1) / 1_000;
  const pace = outcomes / seconds / Math.max(1, window);
  stage.pace = stage.pace === null ? pace : (stage.pace + pace) / 2;
}

const RATE_SECONDS = 5;

import { LIMITS } from "../../contract/limits.ts";
import { putBack } from "./backlog.ts";
import type { Command } from "./command.ts";
import { addTasks } from "./feed.ts";
import type { Segment } from "./segments.ts";
import type { ChunkInFlight, ChunkReport, FreedChunk, JobState, StageState } from "./state.ts";
import { drop, NOTHING_HEARD, tell } from "./stop.ts";

/** Counts what a chunk has done. False: it is not in flight, or its report older than one that was seen. */
export function applyReport(state: JobState, report: ChunkReport, commands: Command[]): boolean {
  const chunk = chunkInFlight(state, report);
  if (!chunk || (!report.final && report.seq <= chunk.seq)) return false;

  const stage = state.stages[report.stage]!;
  count(stage, chunk, report);
  if (report.returned.length > 0 && !chunk.hasReturned) {
    takeBack(stage, report.returned);
    if (stage.stop) drop(stage, state.generation);
    chunk.size -= report.returned.reduce((sum, { count }) => sum + count, 0);
    chunk.hasReturned = true;
  }
  passOn(state, report, chunk.pieces, commands);

  if (report.final) {
    collect(state, report, commands);
    if (report.fold !== null) {
      commands.push({ type: "fold", stage: report.stage, part: report.fold });
    }
    measurePace(stage, report);
    delete stage.chunks[report.chunk];
  } else {
    follow(chunk, report);
    tell(state, report.stage, chunk, commands);
  }
  return true;
}

/** A chunk has ended all its tasks: others may have its slots. False: it is not in flight. */
export function applyFreed(state: JobState, freed: FreedChunk): boolean {
  const chunk = chunkInFlight(state, freed);
  // Until they are counted, its tasks are none that run: others may in its slots.
  if (chunk) Object.assign(chunk, { window: 0, wants: undefined, running: 0, retrying: 0 });
  return chunk !== undefined;
}

/** Feeds the next stage with the pieces that earlier reports of the chunk did not name. */
export function passOn(
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

/** A chunk of a stage. Undefined: it has given its last report, or is of another job or generation. */
export function chunkInFlight(
  state: JobState,
  { epoch, generation, stage, chunk }: FreedChunk,
): ChunkInFlight | undefined {
  const isForeign = epoch !== state.epoch || generation !== state.generation;
  return isForeign ? undefined : state.stages[stage]?.chunks[chunk];
}

// --- internal ---

const RATE_SECONDS = 5;

function count(stage: StageState, chunk: ChunkInFlight, report: ChunkReport): void {
  const succeeded = report.succeeded - chunk.succeeded;
  const failed = report.failed - chunk.failed;
  const cancelled = report.cancelled - chunk.cancelled;
  stage.succeeded += succeeded;
  stage.failed += failed;
  stage.cancelled += cancelled;
  // A chunk that was run again apart has forgotten these two.
  stage.retries += Math.max(0, report.retries - chunk.retries);
  stage.taskMs += Math.max(0, report.taskMs - chunk.taskMs);
  measureRate(stage, succeeded + failed + cancelled, report.at);
}

function takeBack(stage: StageState, returned: readonly Segment[]): void {
  for (const segment of returned) {
    const { source } = segment;
    putBack(source.kind === "again" ? stage.redriven[source.status] : stage.backlog, [segment]);
  }
}

/** What the next report is compared with. */
function follow(chunk: ChunkInFlight, report: ChunkReport): void {
  const { seq, running, retrying, nextRetryAt, retries, taskMs, heldBy } = report;
  const { succeeded, failed, cancelled } = report;
  // Another runner has taken the chunk up: it has heard nothing, and uses no slot until it has.
  if (chunk.invocation !== null && chunk.invocation !== report.invocation) {
    Object.assign(chunk, { order: NOTHING_HEARD, released: undefined });
  }
  chunk.invocation = report.invocation;
  Object.assign(chunk, { seq, running, retrying, nextRetryAt, retries, taskMs });
  Object.assign(chunk, { succeeded, failed, cancelled, heldBy });
  if (report.firstPiece <= chunk.pieces) {
    chunk.pieces = Math.max(chunk.pieces, report.firstPiece + report.pieces.length);
  }
  followSlots(chunk, report);
  chunk.seenAt = report.at;
}

/** Both sides count up what was given and what was released: a report that crosses a grant takes nothing back. */
function followSlots(chunk: ChunkInFlight, { released = 0, wants }: ChunkReport): void {
  const more = Math.min(chunk.window, released - (chunk.released ?? 0));
  if (more > 0) Object.assign(chunk, { window: chunk.window - more, released });
  chunk.wants = wants;
}

function collect(state: JobState, report: ChunkReport, commands: Command[]): void {
  const stage = state.stages[report.stage]!;
  if (!stage.collected) return;
  const lines = report.collected;
  const bytes =
    stage.collected.bytes + (lines ?? []).reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  if (!lines || stage.total > LIMITS.collectTasks || bytes > LIMITS.collectBytes) {
    stage.collected = null;
    commands.push({ type: "collect", stage: report.stage, lines: null });
  } else {
    stage.collected = { bytes };
    commands.push({ type: "collect", stage: report.stage, lines });
  }
}

/** Exponentially decaying average of outcomes per second (Cormode et al., forward decay, 2009). */
function measureRate(stage: StageState, outcomes: number, at: number): void {
  const seconds = Math.max(0, at - stage.rateAt) / 1_000;
  stage.rate = stage.rate * Math.exp(-seconds / RATE_SECONDS) + outcomes / RATE_SECONDS;
  stage.rateAt = Math.max(stage.rateAt, at);
}

function measurePace(stage: StageState, report: ChunkReport): void {
  const outcomes = report.succeeded + report.failed;
  if (outcomes === 0) return;
  const seconds = Math.max(report.at - report.startedAt, 1) / 1_000;
  const pace = outcomes / seconds / report.window;
  stage.pace = stage.pace === null ? pace : (stage.pace + pace) / 2;
}

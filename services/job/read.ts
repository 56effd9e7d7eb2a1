import type { Context, ObjectSharedContext } from "@restatedev/restate-sdk";
import type { TimelinePage, TimelineRequest, VerifyAnswer } from "../contract/handlers.ts";
import type { Tally } from "../data/data.ts";
import { invalidField } from "../failure.ts";
import { blockKey } from "../task/chunk-spec.ts";
import { blockTimeline, tallyBlock } from "../wire/calls.ts";
import { blocksOf } from "./core/dispatch.ts";
import {
  hasEnded,
  type ChunkInFlight,
  type JobState,
  type RedrivenStatus,
  type StageState,
} from "./core/state.ts";
import { segmentsIn } from "./dropped.ts";

/** The chunks of one block of a stage. */
export async function timelinePage(
  ctx: Context,
  jobId: string,
  state: JobState,
  request: TimelineRequest,
): Promise<TimelinePage> {
  const { at, stage } = chosenStage(state, request.stage ?? 0);
  const blocks = blocksOf(stage);
  const block = Number(request.cursor ?? 0);
  if (block >= blocks) return { chunks: [], cursor: null };
  const chunks = await blockTimeline(ctx, blockKey(jobId, state.epoch, at, block));
  return { chunks, cursor: block + 1 < blocks ? String(block + 1) : null };
}

/** Counts the recorded outcomes again and compares. Chunks in flight are left out on both sides. */
export async function verifyJob(
  ctx: ObjectSharedContext,
  jobId: string,
  state: JobState,
): Promise<VerifyAnswer> {
  const differences: string[] = [];
  let checked = 0;
  let inFlight = 0;
  for (const [at, stage] of state.stages.entries()) {
    const recorded = await tallyStage(ctx, jobId, state, at);
    const chunks = Object.values(stage.chunks);
    const dropped = await droppedTasks(ctx, at, stage);
    // Until a task has run again, its earlier outcome stands.
    const standing = (status: RedrivenStatus) =>
      stage.redriven[status].tasks +
      sumOf(chunks, ({ again, size }) => (again === status ? size : 0));
    const reported = {
      succeeded: stage.succeeded - sumOf(chunks, ({ succeeded }) => succeeded),
      failed: stage.failed - sumOf(chunks, ({ failed }) => failed) + standing("FAILED"),
      cancelled:
        stage.cancelled -
        dropped -
        sumOf(chunks, ({ cancelled }) => cancelled) +
        standing("CANCELLED"),
      duplicates: 0,
    };
    for (const kind of ["succeeded", "failed", "cancelled", "duplicates"] as const) {
      if (recorded[kind] === reported[kind]) continue;
      differences.push(
        `stage ${at}: ${recorded[kind]} ${kind} recorded, ${reported[kind]} counted`,
      );
    }
    checked += recorded.succeeded + recorded.failed + recorded.cancelled + dropped;
    inFlight += sumOf(chunks, ({ size }) => size);
    if (hasEnded(stage) && stage.total !== stage.succeeded + stage.failed + stage.cancelled) {
      differences.push(`stage ${at}: ended with tasks that have no outcome`);
    }
  }
  return { ok: differences.length === 0, differences, checked, inFlight };
}

/** The stage that a request names. */
export function chosenStage(state: JobState, at: number): { at: number; stage: StageState } {
  const stage = state.stages[at];
  if (!stage) throw invalidField("stage", `must be below ${state.stages.length}`);
  return { at, stage };
}

// --- internal ---

const BLOCKS_AT_ONCE = 16;

const sumOf = (chunks: readonly ChunkInFlight[], of: (chunk: ChunkInFlight) => number) =>
  chunks.reduce((sum, chunk) => sum + of(chunk), 0);

/** Counted anew where they are kept. */
async function droppedTasks(
  ctx: ObjectSharedContext,
  at: number,
  { dropped }: StageState,
): Promise<number> {
  let tasks = 0;
  for (const { backlog } of dropped) {
    for (const { count } of await segmentsIn(ctx, at, backlog)) tasks += count;
  }
  return tasks;
}
async function tallyStage(
  ctx: Context,
  jobId: string,
  state: JobState,
  at: number,
): Promise<Tally> {
  const stage = state.stages[at]!;
  const inFlight = Object.keys(stage.chunks).map((chunk) => `${state.generation}.${chunk}`);
  const blocks = blocksOf(stage);
  const sum = { succeeded: 0, failed: 0, cancelled: 0, duplicates: 0 };
  for (let first = 0; first < blocks; first += BLOCKS_AT_ONCE) {
    const calls = Array.from({ length: Math.min(BLOCKS_AT_ONCE, blocks - first) }, (_, i) =>
      tallyBlock(ctx, blockKey(jobId, state.epoch, at, first + i), inFlight),
    );
    for (const call of calls) {
      const tally = await call;
      sum.succeeded += tally.succeeded;
      sum.failed += tally.failed;
      sum.cancelled += tally.cancelled;
      sum.duplicates += tally.duplicates;
    }
  }
  return sum;
}

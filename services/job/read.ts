import type { Context } from "@restatedev/restate-sdk";
import type {
  ResultsPage,
  ResultsRequest,
  TimelinePage,
  TimelineRequest,
  VerifyAnswer,
} from "../contract/handlers.ts";
import { LIMITS } from "../contract/limits.ts";
import type { TaskOutcome } from "../contract/task.ts";
import type { Tally } from "../data/data.ts";
import { invalidField } from "../failure.ts";
import { blockKey } from "../task/chunk-spec.ts";
import { lineIndex, parseLine } from "../task/record.ts";
import { blockTimeline, readLines, tallyBlock } from "../wire/calls.ts";
import { BLOCK } from "./core/dispatch.ts";
import { hasEnded, type JobState, type StageState } from "./core/state.ts";

/** One page of a stage's outcomes in index order. */
export async function resultsPage(
  ctx: Context,
  jobId: string,
  state: JobState,
  request: ResultsRequest,
): Promise<ResultsPage> {
  const { at, stage } = chosenStage(state, request.stage ?? state.stages.length - 1);
  const { status = null, limit = 100 } = request;
  const isComplete = hasEnded(stage);
  const lines: string[] = [];
  let next = Number(request.cursor ?? 0);
  let bytes = 0;

  while (next < stage.total && lines.length < limit && bytes + ROOM_BYTES <= LIMITS.pageBytes) {
    const block = Math.floor(next / BLOCK);
    const blockEnd = Math.min(stage.total, (block + 1) * BLOCK);
    const { head, lines: read } = await readLines(ctx, blockKey(jobId, state.epoch, at, block), {
      from: next,
      limit: limit - lines.length,
      maxBytes: LIMITS.pageBytes - bytes,
      status,
    });
    // Without a status a page ends before the first task that has no outcome.
    const usable = status ? read : withoutGap(read, next);
    lines.push(...usable);
    bytes += usable.reduce((sum, line) => sum + line.length, 0);
    const last = usable.at(-1);
    if (last !== undefined) next = lineIndex(last) + 1;
    if (head.hasMore || usable.length < read.length) break;
    if (status) next = blockEnd;
    else if (next < blockEnd) break;
  }
  const outcomes: TaskOutcome[] = lines.map((line) => parseLine(line, jobId, at));
  const isLast = isComplete && next >= stage.total;
  return { outcomes, cursor: isLast ? null : String(next), complete: isComplete };
}

/** The chunks of one block of a stage. */
export async function timelinePage(
  ctx: Context,
  jobId: string,
  state: JobState,
  request: TimelineRequest,
): Promise<TimelinePage> {
  const { at, stage } = chosenStage(state, request.stage ?? 0);
  const blocks = Math.ceil(stage.total / BLOCK);
  const block = Number(request.cursor ?? 0);
  if (block >= blocks) return { chunks: [], cursor: null };
  const chunks = await blockTimeline(ctx, blockKey(jobId, state.epoch, at, block));
  return { chunks, cursor: block + 1 < blocks ? String(block + 1) : null };
}

/** Counts the recorded outcomes again and compares. Chunks in flight are left out on both sides. */
export async function verifyJob(
  ctx: Context,
  jobId: string,
  state: JobState,
): Promise<VerifyAnswer> {
  const differences: string[] = [];
  let checked = 0;
  let inFlight = 0;
  for (const [at, stage] of state.stages.entries()) {
    const recorded = await tallyStage(ctx, jobId, state, at);
    const chunks = Object.values(stage.chunks);
    const reported = {
      succeeded: stage.succeeded - chunks.reduce((sum, chunk) => sum + chunk.succeeded, 0),
      failed: stage.failed - chunks.reduce((sum, chunk) => sum + chunk.failed, 0),
      cancelled: stage.cancelled,
      duplicates: 0,
    };
    for (const kind of ["succeeded", "failed", "cancelled", "duplicates"] as const) {
      if (recorded[kind] === reported[kind]) continue;
      differences.push(
        `stage ${at}: ${recorded[kind]} ${kind} recorded, ${reported[kind]} counted`,
      );
    }
    checked += recorded.succeeded + recorded.failed + recorded.cancelled;
    inFlight += chunks.reduce((sum, { size }) => sum + size, 0);
    if (hasEnded(stage) && stage.total !== stage.succeeded + stage.failed + stage.cancelled) {
      differences.push(`stage ${at}: ended with tasks that have no outcome`);
    }
  }
  return { ok: differences.length === 0, differences, checked, inFlight };
}

/** The lines of consecutive tasks from index `first` on. */
export function withoutGap(lines: readonly string[], first: number): readonly string[] {
  const gap = lines.findIndex((line, at) => lineIndex(line) !== first + at);
  return gap === -1 ? lines : lines.slice(0, gap);
}

// --- internal ---

const BLOCKS_AT_ONCE = 16;
/** A page goes on into another block only if the largest outcome has room. */
const ROOM_BYTES = 2 * LIMITS.resultBytes;

function chosenStage(state: JobState, at: number): { at: number; stage: StageState } {
  const stage = state.stages[at];
  if (!stage) throw invalidField("stage", `must be below ${state.stages.length}`);
  return { at, stage };
}

async function tallyStage(
  ctx: Context,
  jobId: string,
  state: JobState,
  at: number,
): Promise<Tally> {
  const { total, chunks } = state.stages[at]!;
  const inFlight = Object.keys(chunks).map((chunk) => `${state.generation}.${chunk}`);
  const blocks = Math.ceil(total / BLOCK);
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

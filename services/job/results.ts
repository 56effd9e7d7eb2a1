import type { ObjectSharedContext } from "@restatedev/restate-sdk";
import type { ResultsPage, ResultsRequest } from "../contract/handlers.ts";
import { LIMITS } from "../contract/limits.ts";
import type { TaskOutcome } from "../contract/task.ts";
import { taskId } from "../contract/task.ts";
import type { ReadHead } from "../data/data.ts";
import { blockKey } from "../task/chunk-spec.ts";
import { loadInputs } from "../task/inputs.ts";
import { lineIndex, parseLine } from "../task/record.ts";
import { readLines } from "../wire/calls.ts";
import type { Lines } from "../wire/lines.ts";
import { BLOCK } from "./core/dispatch.ts";
import { splitSegment, type Segment } from "./core/segments.ts";
import { hasEnded, type DroppedTasks, type JobState } from "./core/state.ts";
import { droppedBetween, type Dropped } from "./dropped.ts";
import { chosenStage } from "./read.ts";

/** One page of a stage's outcomes in index order: the recorded ones, and tasks that a stop kept from starting. */
export async function resultsPage(
  ctx: ObjectSharedContext,
  state: JobState,
  request: ResultsRequest,
): Promise<ResultsPage> {
  const { at, stage } = chosenStage(state, request.stage ?? state.stages.length - 1);
  const { status = null, limit = 100 } = request;
  const isComplete = hasEnded(stage);
  const entries: Entry[] = [];
  const segments: Segment[] = [];
  let next = Number(request.cursor ?? 0);
  let bytes = 0;
  let blocks = 0;
  const hasRoom = () => bytes + ROOM_BYTES <= LIMITS.pageBytes && blocks < BLOCKS_A_PAGE;

  while (next < stage.total && entries.length < limit && hasRoom()) {
    const block = Math.floor(next / BLOCK);
    const blockEnd = Math.min(stage.total, (block + 1) * BLOCK);
    const isSent = next < stage.sentTo;
    const { head, lines } = isSent
      ? await readLines(ctx, blockKey(ctx.key, state.epoch, at, block), {
          from: next,
          limit: limit - entries.length,
          maxBytes: LIMITS.pageBytes - bytes,
          status,
        })
      : NOTHING;
    if (isSent) blocks += 1;
    const recorded = lines.map((line): Entry => ({ index: lineIndex(line), line }));
    // Behind the last line of a page that was cut there may be others.
    const to = head.hasMore ? (recorded.at(-1)?.index ?? next) + 1 : blockEnd;
    const dropped =
      status === null || status === "CANCELLED"
        ? firstOf(
            await droppedBetween(ctx, { at, dropped: stage.dropped }, { from: next, to }),
            limit - entries.length,
          )
        : [];
    segments.push(...dropped.map(({ segment }) => segment));
    const read = merged(recorded, dropped, limit - entries.length);
    // Without a status a page ends before the first task that has no outcome.
    const usable = status ? read : withoutGap(read, next);
    entries.push(...usable);
    bytes += usable.reduce((sum, entry) => sum + bytesOf(entry), 0);
    const last = usable.at(-1);
    if (last) next = last.index + 1;
    if (head.hasMore || usable.length < read.length || entries.length === limit) break;
    if (status) next = blockEnd;
    else if (next < blockEnd) break;
  }
  const outcomes = await outcomesOf(ctx, state, { at, entries, segments });
  const isLast = isComplete && next >= stage.total;
  return { outcomes, cursor: isLast ? null : String(next), complete: isComplete };
}

// --- internal ---

/** A page goes on into another block only if the largest outcome has room. */
const ROOM_BYTES = 2 * LIMITS.resultBytes;
/** Where hardly any outcome has the status that is asked for, a page may be empty and not the last. */
const BLOCKS_A_PAGE = 64;
const NOTHING: Lines<ReadHead> = { head: { hasMore: false }, lines: [] };

/** One outcome of a page. */
type Entry =
  | { readonly index: number; readonly line: string }
  | { readonly index: number; readonly of: DroppedTasks; readonly bytes: number };

/** At most `limit` of both, in order. */
function merged(recorded: readonly Entry[], dropped: readonly Dropped[], limit: number): Entry[] {
  if (dropped.length === 0) return [...recorded];
  const entries = dropped.flatMap(({ of, segment: { first, count, bytes } }) =>
    Array.from({ length: count }, (_, at) => ({ index: first + at, of, bytes: bytes / count })),
  );
  return [...recorded, ...entries].sort((a, b) => a.index - b.index).slice(0, limit);
}

/** The first `limit` tasks of them. */
function firstOf(dropped: readonly Dropped[], limit: number): Dropped[] {
  const taken: Dropped[] = [];
  let room = limit;
  for (const { of, segment } of dropped) {
    if (room <= 0) break;
    const [part] = splitSegment(segment, room);
    taken.push({ of, segment: part });
    room -= part.count;
  }
  return taken;
}

function withoutGap(entries: readonly Entry[], first: number): readonly Entry[] {
  const gap = entries.findIndex(({ index }, at) => index !== first + at);
  return gap === -1 ? entries : entries.slice(0, gap);
}

const bytesOf = (entry: Entry) => ("line" in entry ? entry.line.length : entry.bytes);

async function outcomesOf(
  ctx: ObjectSharedContext,
  state: JobState,
  {
    at,
    entries,
    segments,
  }: { at: number; entries: readonly Entry[]; segments: readonly Segment[] },
): Promise<TaskOutcome[]> {
  const jobId = ctx.key;
  const { payload } = state.plan.stages[at]!;
  const spec = { jobId, stage: at, slices: segments, plan: { payload } };
  const inputs = segments.length > 0 ? await loadInputs(ctx, spec) : null;
  const tasks = new Map(inputs?.tasks.map((task) => [task.index, task]));
  return entries.map((entry) => {
    if ("line" in entry) {
      return parseLine(entry.line, { jobId, stage: at, startedAt: state.startedAt });
    }
    const { index, of } = entry;
    const { parent = null, origin = index } = tasks.get(index) ?? {};
    return {
      jobId,
      stage: at,
      index,
      taskId: taskId(jobId, at, index),
      parent: parent === null ? null : taskId(jobId, at - 1, parent),
      origin,
      generation: of.generation,
      status: "CANCELLED",
      error: { code: "CANCELLED", message: of.reason },
      input: inputs?.inputOf(index),
      ...(at + 1 < state.stages.length ? { emitted: 0 } : {}),
      attempts: 0,
      startedAt: null,
      durationMs: null,
    };
  });
}

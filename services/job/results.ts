import type { ObjectSharedContext } from "@restatedev/restate-sdk";
import type { ResultsPage, ResultsRequest } from "../contract/handlers.ts";
import { LIMITS } from "../contract/limits.ts";
import type { ReadHead } from "../data/data.ts";
import { blockKey } from "../task/chunk-spec.ts";
import { lineIndex, parseLine, withoutGap } from "../task/record.ts";
import { readLines } from "../wire/calls.ts";
import type { Lines } from "../wire/lines.ts";
import { BLOCK } from "./core/dispatch.ts";
import { hasEnded, type JobState } from "./core/state.ts";
import { droppedLines } from "./dropped-lines.ts";
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
  const lines: string[] = [];
  let next = Number(request.cursor ?? 0);
  let bytes = 0;
  let blocks = 0;
  const hasRoom = () => bytes + ROOM_BYTES <= LIMITS.pageBytes && blocks < BLOCKS_A_PAGE;

  while (next < stage.total && lines.length < limit && hasRoom()) {
    const block = Math.floor(next / BLOCK);
    const blockEnd = Math.min(stage.total, (block + 1) * BLOCK);
    const room = limit - lines.length;
    const isSent = next < stage.sentTo;
    const { head, lines: recorded } = isSent
      ? await readLines(ctx, blockKey(ctx.key, state.epoch, at, block), {
          from: next,
          limit: room,
          maxBytes: LIMITS.pageBytes - bytes,
          status,
        })
      : NOTHING;
    if (isSent) blocks += 1;
    // Behind the last line of a page that was cut there may be others.
    const to = head.hasMore ? lineIndex(recorded.at(-1)!) + 1 : blockEnd;
    const dropped =
      status === null || status === "CANCELLED"
        ? await droppedLines(ctx, state, at, { from: next, to, limit: room })
        : [];
    const read = dropped.length === 0 ? recorded : inOrder([...recorded, ...dropped], room);
    // Without a status a page ends before the first task that has no outcome.
    const usable = status ? read : withoutGap(read, next);
    lines.push(...usable);
    bytes += usable.reduce((sum, line) => sum + line.length, 0);
    const last = usable.at(-1);
    if (last !== undefined) next = lineIndex(last) + 1;
    if (head.hasMore || usable.length < read.length || lines.length === limit) break;
    if (status) next = blockEnd;
    else if (next < blockEnd) break;
  }
  const context = { jobId: ctx.key, stage: at, startedAt: state.startedAt };
  const outcomes = lines.map((line) => parseLine(line, context));
  const isLast = isComplete && next >= stage.total;
  return { outcomes, cursor: isLast ? null : String(next), complete: isComplete };
}

// --- internal ---

/** A page goes on into another block only if the largest outcome has room. */
const ROOM_BYTES = 2 * LIMITS.resultBytes;
/** Where hardly any outcome has the status that is asked for, a page may be empty and not the last. */
const BLOCKS_A_PAGE = 64;
const NOTHING: Lines<ReadHead> = { head: { hasMore: false }, lines: [] };

const inOrder = (lines: readonly string[], limit: number) =>
  lines.toSorted((a, b) => lineIndex(a) - lineIndex(b)).slice(0, limit);

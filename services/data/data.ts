import * as restate from "@restatedev/restate-sdk";
import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import type { TimelineChunk } from "../contract/handlers.ts";
import { LIMITS } from "../contract/limits.ts";
import type { EndStatus } from "../contract/task.ts";
import { seedsOfEmissions, seedsOfOutcomes } from "../task/emission.ts";
import {
  isEmissionPiece,
  isTimelineEntry,
  partOf,
  returnedEntry,
  timelineEntry,
} from "../task/piece.ts";
import { linesSerde, textSerde, type Lines } from "../wire/lines.ts";
import { againLines, type AgainRequest } from "./again.ts";
import { lineIndex } from "../task/record.ts";
import { currentLines } from "./current-lines.ts";
import { outcomePieces, pieceLines } from "./outcome-pieces.ts";
import { Tallying } from "./tally.ts";

/** What a chunk stores: pieces, one after the other, and with the last its entry of the timeline. */
export interface PutHead extends ChunkId {
  readonly pieces: readonly { readonly name: string; readonly lines: number }[];
  /** the chunk gave its tasks from this index on back to the job */
  readonly returnedFrom: number | null;
  readonly timeline: TimelineChunk | null;
}

export interface ChunkId {
  readonly generation: number;
  readonly chunk: number;
}

export interface RecordedRequest extends ChunkId {
  /** pieces that were read before */
  readonly skip: number;
}

/** `hasMore`: the chunk has stored further pieces. */
export type RecordedHead = Pick<PutHead, "pieces" | "returnedFrom"> & ReadHead;

export interface ReadRequest {
  /** from this index on, in order */
  readonly from: number;
  readonly limit: number;
  readonly maxBytes: number;
  readonly status: EndStatus | null;
}

/** `hasMore`: the page was cut, this block has further ones. */
export interface ReadHead {
  readonly hasMore: boolean;
}

export interface SeedsRequest {
  readonly name: string;
  readonly offset: number;
  readonly count: number;
}

export interface SpansRequest {
  readonly status: EndStatus;
  /** of these tasks only, or of all (null) */
  readonly indexes: readonly number[] | null;
}

/** `count` tasks with indexes from `first` to `last`. */
export interface Span {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** Counts of one block; `duplicates` counts outcomes of a task beyond its first in a generation. */
export interface Tally {
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly duplicates: number;
}

/**
 * Bulk of a job: outcomes of a block of consecutive tasks, what they passed on, and the block's timeline.
 * Written by the chunks that have it, never read by the job itself.
 */
export const data = restate.object({
  name: "Data",
  handlers: {
    put: restate.handlers.object.exclusive(
      { input: linesSerde<PutHead>() },
      async (ctx: ObjectContext, { head, lines }: Lines<PutHead>) => {
        let at = 0;
        for (const piece of head.pieces) {
          ctx.set(piece.name, lines.slice(at, at + piece.lines).join("\n"), textSerde);
          at += piece.lines;
        }
        const { returnedFrom, timeline } = head;
        if (returnedFrom !== null) ctx.set(returnedEntry(head), returnedFrom);
        if (timeline) ctx.set(timelineEntry({ ...head, first: timeline.first }), timeline);
      },
    ),

    /** The current outcomes from an index on. */
    read: restate.handlers.object.shared(
      { output: linesSerde<ReadHead>() },
      async (ctx: ObjectSharedContext, request: ReadRequest) => currentLines(ctx, request),
    ),

    /** Where the tasks with a status are, in runs of at most 250. */
    spans: restate.handlers.object.shared(
      async (ctx: ObjectSharedContext, { status, indexes }: SpansRequest): Promise<Span[]> => {
        const whole = { from: 0, limit: Infinity, maxBytes: Infinity, status };
        const wanted = indexes && new Set(indexes);
        const found = (await currentLines(ctx, whole)).lines
          .map(lineIndex)
          .filter((index) => !wanted || wanted.has(index));
        const spans: Span[] = [];
        for (let at = 0; at < found.length; at += SPAN_TASKS) {
          const run = found.slice(at, at + SPAN_TASKS);
          spans.push({ first: run[0]!, last: run.at(-1)!, count: run.length });
        }
        return spans;
      },
    ),

    tally: restate.handlers.object.shared(
      async (ctx: ObjectSharedContext, inFlight: string[]): Promise<Tally> => {
        const tallying = new Tallying();
        for (const { name, span } of await outcomePieces(ctx)) {
          if (inFlight.includes(`${span.generation}.${span.chunk}`)) continue;
          tallying.add(span.generation, await pieceLines(ctx, name));
        }
        return tallying.sum();
      },
    ),

    /** The outcomes of tasks that run again. */
    again: restate.handlers.object.shared(
      { output: linesSerde<ReadHead>() },
      async (ctx: ObjectSharedContext, request: AgainRequest) => againLines(ctx, request),
    ),

    /** What tasks number `offset` on of a piece are made of: `[parent, origin, fields]` lines. */
    seeds: restate.handlers.object.shared(
      { output: linesSerde<null>() },
      async (ctx: ObjectSharedContext, request: SeedsRequest): Promise<Lines<null>> => {
        const lines = await piece(ctx, request.name);
        const seedsOf = isEmissionPiece(request.name) ? seedsOfEmissions : seedsOfOutcomes;
        const seeds = seedsOf(lines, request.offset, request.count);
        return {
          head: null,
          lines: seeds.map(({ parent, origin, fields }) =>
            JSON.stringify([parent, origin, fields]),
          ),
        };
      },
    ),

    /** What one chunk has stored, oldest first, a page at a time. */
    recorded: restate.handlers.object.shared(
      { output: linesSerde<RecordedHead>() },
      async (
        ctx: ObjectSharedContext,
        { skip, ...id }: RecordedRequest,
      ): Promise<Lines<RecordedHead>> => {
        const parts = (await ctx.stateKeys())
          .map((name) => ({ name, part: partOf(name, id) }))
          .filter(({ part }) => part !== null)
          .sort((a, b) => (a.part ?? 0) - (b.part ?? 0))
          .slice(skip);
        const pieces: { name: string; lines: number }[] = [];
        const all: string[] = [];
        let chars = 0;
        for (const { name } of parts) {
          if (chars >= LIMITS.pageBytes) break;
          const lines = await piece(ctx, name);
          pieces.push({ name, lines: lines.length });
          all.push(...lines);
          chars += lines.reduce((sum, { length }) => sum + length, 0);
        }
        const returnedFrom = await ctx.get<number>(returnedEntry(id));
        const hasMore = pieces.length < parts.length;
        return { head: { pieces, returnedFrom, hasMore }, lines: all };
      },
    ),

    timeline: restate.handlers.object.shared(
      async (ctx: ObjectSharedContext): Promise<TimelineChunk[]> => {
        const entries: TimelineChunk[] = [];
        for (const name of (await ctx.stateKeys()).filter(isTimelineEntry)) {
          const entry = await ctx.get<TimelineChunk>(name);
          if (entry) entries.push(entry);
        }
        return entries.sort((a, b) => a.first - b.first || a.startedAt - b.startedAt);
      },
    ),

    clear: async (ctx: ObjectContext) => ctx.clearAll(),
  },
  options: { ingressPrivate: true, enableLazyState: true },
});

export type Data = typeof data;

// --- internal ---

const SPAN_TASKS = 250;

async function piece(ctx: ObjectSharedContext, name: string): Promise<string[]> {
  const text = await ctx.get<string>(name, textSerde);
  if (text === null) throw new Error(`piece ${name} of ${ctx.key} is not there`);
  return text.split("\n");
}

import { LIMITS } from "../../contract/limits.ts";
import type { Room } from "../../task/chunk-spec.ts";
import { take } from "./backlog.ts";
import type { RatePlan } from "../../limits/core/starts.ts";
import type { StagePlan } from "./plan.ts";
import type { Segment } from "./segments.ts";
import type { SourceState } from "./source.ts";
import {
  backlogsOf,
  isWaiting,
  slotsGiven,
  unstartedTasks,
  waitingTasks,
  type StageState,
} from "./state.ts";

/** Outcomes of this many consecutive indexes lie in one Data object; a chunk never crosses into the next. */
export const BLOCK = 16_000;
export const MAX_CHUNK = 8_000;
export const MAX_IN_FLIGHT = 64;
/** Beside those: chunks that only wait for retries that are far away. */
export const MAX_WAITING = 256;
/**
 * Each call is three entries of its chunk's journal, which every replay reads; but what a chunk costs beside
 * them is as much as some calls. Calls that are made at once cost half of what those cost that are made one
 * by one: a window may be a whole chunk.
 */
export const CALLS: ChunkBounds = { maxSize: 250, maxWindow: 250 };

/** From one report of a chunk to the next, unless the stage has many of them. */
export const LEAST_BEAT_MS = 1_000;

interface ChunkBounds {
  readonly maxSize: number;
  readonly maxWindow: number;
}

/** What a stage may do: run so many tasks at once, and start so many in a second. */
export interface Bounds extends Partial<ChunkBounds> {
  readonly concurrency: number;
  readonly perSecond?: number;
}

/** A chunk to send: consecutive tasks, of which `window` may run at once. */
export interface PlannedChunk {
  readonly chunk: number;
  readonly first: number;
  readonly size: number;
  readonly window: number;
  readonly slices: readonly Segment[];
}

/**
 * Takes chunks out of the backlog while there are free slots.
 *
 * The windows of the chunks in flight never add up to more than `concurrency`. A chunk is meant to
 * take about a second at the measured pace; before anything was measured it is 1,000 tasks or more, since
 * one that proves slow returns what it has not started. Towards the end chunks shrink, down to 0.3 seconds
 * of work: below that, what a chunk costs is more than what a straggler may. Chunks are never given more
 * than may be started in the next seconds.
 */
export function planChunks(
  stage: StageState,
  {
    concurrency,
    perSecond = Infinity,
    maxSize = MAX_CHUNK,
    maxWindow = Infinity,
    at,
  }: Bounds & { readonly at: number },
): PlannedChunk[] {
  const planned: PlannedChunk[] = [];
  let room = roomForChunks(stage);
  let free = concurrency - slotsGiven(stage);
  const share = shareOf(concurrency, stage);
  const smallest = Math.ceil(concurrency / MAX_IN_FLIGHT);
  const unstarted = Object.values(stage.chunks).reduce((sum, c) => sum + unstartedTasks(c), 0);
  let due = Math.ceil(perSecond * AHEAD_SECONDS) - unstarted;

  while (room > 0 && free >= Math.min(smallest, waitingTasks(stage))) {
    const backlog = backlogsOf(stage).find(({ head }) => head.length > 0);
    const next = backlog?.head[0];
    if (!next || free < 1 || due < 1) break;
    const waiting = Math.min(due, waitingTasks(stage));
    const base = Math.min(free, share, maxWindow);
    const part = Math.ceil((waiting * base) / free);
    const size = Math.min(due, maxSize, chunkSize(stage.pace, base, part));
    const limit = (Math.floor(next.first / BLOCK) + 1) * BLOCK;
    const slices = take(backlog, size, limit);
    const taken = slices.reduce((sum, slice) => sum + slice.count, 0);
    const fair = Math.max((free * taken) / waiting, (base * taken) / size);
    const window = clamp(Math.ceil(fair), 1, Math.min(free, taken, maxWindow));
    const chunk = stage.nextChunk++;
    stage.chunks[chunk] = {
      first: next.first,
      size: taken,
      window,
      sentAt: at,
      seenAt: at,
      seq: 0,
      succeeded: 0,
      failed: 0,
      running: window,
      retrying: 0,
      nextRetryAt: null,
      pieces: 0,
      hasReturned: false,
      retries: 0,
      taskMs: 0,
      cancelled: 0,
      again: next.source.kind === "again" ? next.source.status : null,
      invocation: null,
      order: stage.order,
    };
    stage.sentTo = Math.max(stage.sentTo, next.first + taken);
    planned.push({ chunk, first: next.first, size: taken, window, slices });
    room -= 1;
    free -= window;
    due -= taken;
  }
  return planned;
}

/** The stage's own bounds, or those of its action if they are lower. */
export function boundsOf({ concurrency, rate, shared, call }: StagePlan): Bounds {
  return {
    ...(call ? CALLS : {}),
    concurrency: Math.min(concurrency, shared?.concurrency ?? Infinity),
    perSecond: Math.min(perSecondOf(rate), perSecondOf(shared?.rate ?? null)),
  };
}

/** Each report costs the job in proportion to its chunks in flight: of many, each reports less often. */
export const beatOf = ({ chunks }: StageState): number =>
  Math.max(LEAST_BEAT_MS, BEAT_MS_PER_CHUNK * Object.keys(chunks).length);

/** How many Data objects may hold something of a stage. */
export const blocksOf = ({ sentTo }: StageState) => Math.ceil(sentTo / BLOCK);

/** The same of its source: each page that was asked for. */
export const pageBlocks = (source: SourceState | null) =>
  source && source.nextChunk > 0 ? Math.floor(source.page / BLOCK) + 1 : 0;

/** No more is dispatched while the next stage has this much waiting: half of what it may store. */
export function isFlooded(next: StageState | undefined): boolean {
  if (!next) return false;
  const { items, bytes } = next.backlog;
  return items > LIMITS.backlogItems / 2 || bytes > LIMITS.backlogBytes / 2;
}

/** What a stage may still take; undefined: there is none, so it does not matter. */
export function roomIn(next: StageState | undefined): Room {
  return {
    items: LIMITS.backlogItems - (next?.backlog.items ?? 0),
    bytes: LIMITS.backlogBytes - (next?.backlog.bytes ?? 0),
    tasks: LIMITS.tasksPerStage - (next?.total ?? 0),
  };
}

// --- internal ---

/** How many chunks the slots of a stage are meant to be spread over. */
const SHARES = 16;
/**
 * Over how many while tasks take no longer than this, and at first: the processor bounds them, and more
 * chunks at once only commit smaller groups and make longer queues.
 */
const FEW_SHARES = 4;
const SHORT_MS = 50;
const SHORT_WINDOW = 16;
const FIRST_CHUNK = 1_000;
const CHUNK_SECONDS = 1;
const LEAST_SECONDS = 0.3;
/** Slow tasks: several rounds to a chunk, so that one long task does not idle the other slots. */
const ROUNDS = 4;

/** Under a rate, chunks are given what it allows in this time. */
const AHEAD_SECONDS = 3;

const BEAT_MS_PER_CHUNK = 60;

const perSecondOf = (rate: RatePlan | null) =>
  rate ? (rate.tasks * 1_000) / rate.perMs : Infinity;

function roomForChunks({ chunks }: StageState): number {
  const all = Object.values(chunks);
  const waiting = Math.min(MAX_WAITING, all.filter(isWaiting).length);
  return MAX_IN_FLIGHT + waiting - all.length;
}

function shareOf(concurrency: number, { taskMs, succeeded, failed }: StageState): number {
  const isShort = taskMs <= SHORT_MS * (succeeded + failed);
  if (!isShort) return Math.ceil(concurrency / SHARES);
  return Math.max(Math.ceil(concurrency / FEW_SHARES), SHORT_WINDOW);
}

/** `share`: of the waiting tasks, as large as the window is of the free slots. */
function chunkSize(pace: number | null, window: number, share: number): number {
  if (pace === null) return clamp(share, FIRST_CHUNK, MAX_CHUNK);
  const perSecond = pace * window;
  const aSecond = Math.max(perSecond * CHUNK_SECONDS, ROUNDS * window);
  const aShare = Math.max(perSecond * LEAST_SECONDS, share, window);
  return clamp(Math.ceil(Math.min(aSecond, aShare)), 1, MAX_CHUNK);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

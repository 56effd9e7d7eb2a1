import {
  InvocationIdParser,
  type ObjectContext,
  type ObjectSharedContext,
} from "@restatedev/restate-sdk";
import type { RedriveRequest } from "../contract/handlers.ts";
import { invalidField, refusal } from "../failure.ts";
import { blockKey } from "../task/chunk-spec.ts";
import { blockSpans } from "../wire/calls.ts";
import { BLOCK, blocksOf } from "./core/dispatch.ts";
import { mayFoldAgain } from "./core/folding.ts";
import type { RedrivenStage } from "./core/redrive.ts";
import type { Segment } from "./core/segments.ts";
import { hasEnded, REDRIVEN, type JobState, type RedrivenStatus } from "./core/state.ts";
import { partition, segmentsIn } from "./dropped.ts";
import { KEYS } from "./state-keys.ts";

/** What `redrive` found in the outcomes of an ended job, for the job to act on if it is still as it was. */
export interface Reopening {
  readonly epoch: string;
  readonly generation: number;
  readonly stages: readonly {
    readonly stage: number;
    readonly recorded: Readonly<Record<RedrivenStatus, readonly Segment[]>>;
    /** of those cancelled before they started: all (null), or these */
    readonly dropped: readonly number[] | null;
  }[];
  /** stages whose user's fold runs again */
  readonly folds: readonly number[];
  /** the source goes on with the page that it stands at */
  readonly readsOn: boolean;
}

/** Finds the tasks that a redrive asks for. Refuses one that finds none, or one that succeeded. */
export async function findTasks(
  ctx: ObjectSharedContext,
  state: JobState,
  { stage, only }: RedriveRequest,
): Promise<Reopening> {
  if (!hasEnded(state)) throw refusal("JOB_RUNNING", `Job "${ctx.key}" has not ended.`);
  if (stage !== undefined && stage >= state.stages.length) {
    throw invalidField("stage", `must be below ${state.stages.length}`);
  }
  if (Array.isArray(only) && stage === undefined && state.stages.length > 1) {
    throw invalidField("stage", "is required with indexes, the job has several stages");
  }
  const { epoch, generation } = state;
  const at = stage === undefined ? [...state.stages.keys()] : [stage];
  if (only === "fold") {
    const folds = at.filter((number) => mayFoldAgain(state.stages[number]!));
    if (folds.length > 0) return { epoch, generation, stages: [], folds, readsOn: false };
    throw refusal("NOTHING_TO_REDRIVE", `No fold of job "${ctx.key}" has failed or was stopped.`);
  }
  const stages: Reopening["stages"][number][] = [];
  for (const number of Array.isArray(only) ? [stage ?? 0] : at) {
    const found = await findInStage(ctx, state, number, only);
    if (found) stages.push(found);
  }
  const readsOn = at.includes(0) && isUnread(state, only);
  if (stages.length === 0 && !readsOn) {
    throw refusal("NOTHING_TO_REDRIVE", `No task of job "${ctx.key}" is to run again.`);
  }
  return { epoch, generation, stages, folds: [], readsOn };
}

/** What changes in the job's stored state beside its hot one, and what its reducer has to know. */
export async function reopened(
  ctx: ObjectContext,
  state: JobState,
  { stages }: Reopening,
): Promise<RedrivenStage[]> {
  const expiry = await ctx.get<string>(KEYS.expiry);
  if (expiry) ctx.cancel(InvocationIdParser.fromString(expiry));
  const result: RedrivenStage[] = [];
  for (const { stage: at, recorded, dropped: indexes } of stages) {
    const wanted = indexes && new Set(indexes);
    const dropped: Segment[] = [];
    const stillDropped: Segment[][] = [];
    for (const { backlog } of state.stages[at]!.dropped) {
      const { taken, kept } = partition(await segmentsIn(ctx, at, backlog), wanted);
      for (let page = backlog.firstPage; page < backlog.nextPage; page += 1) {
        ctx.clear(KEYS.page(at, page));
      }
      dropped.push(...taken);
      stillDropped.push(kept);
    }
    result.push({ stage: at, recorded, dropped, stillDropped });
  }
  return result;
}

// --- internal ---

/** Whether pages of the source are among what is asked for: one that failed, or those that it never came to. */
function isUnread({ source }: JobState, only: RedriveRequest["only"]): boolean {
  if (!source || source.isEnded) return false;
  return only === "unsucceeded" || (only === "failed" && source.error !== null);
}

async function findInStage(
  ctx: ObjectSharedContext,
  state: JobState,
  at: number,
  only: RedriveRequest["only"],
): Promise<Reopening["stages"][number] | null> {
  const stage = state.stages[at]!;
  const indexes = Array.isArray(only) ? [...new Set(only)].sort((a, b) => a - b) : null;
  if (indexes && indexes.at(-1)! >= stage.total) {
    throw invalidField("only", `names task ${indexes.at(-1)}, stage ${at} has ${stage.total}`);
  }
  const statuses = only === "failed" ? (["FAILED"] as const) : REDRIVEN;
  const recorded: Record<RedrivenStatus, Segment[]> = { FAILED: [], CANCELLED: [] };
  const isAnyRecorded = { FAILED: stage.failed > 0, CANCELLED: stage.cancelled > 0 };
  for (const status of statuses) {
    if (isAnyRecorded[status])
      recorded[status] = await findRecorded(ctx, state, { at, status, indexes });
  }
  const found = tasksIn(recorded.FAILED) + tasksIn(recorded.CANCELLED);
  const neverStarted = stage.dropped.reduce((sum, { backlog }) => sum + backlog.tasks, 0);
  if (indexes) {
    const dropped = await droppedIndexes(ctx, state, at, indexes);
    if (found + dropped.length < indexes.length) {
      throw refusal("TASK_SUCCEEDED", `Not all of these tasks of stage ${at} are without success.`);
    }
    return { stage: at, recorded, dropped };
  }
  const takesDropped = only === "unsucceeded" && neverStarted > 0;
  if (found === 0 && !takesDropped) return null;
  return { stage: at, recorded, dropped: takesDropped ? null : [] };
}

async function findRecorded(
  ctx: ObjectSharedContext,
  { epoch, stages }: JobState,
  {
    at,
    status,
    indexes,
  }: { at: number; status: RedrivenStatus; indexes: readonly number[] | null },
): Promise<Segment[]> {
  const blocks = indexes
    ? [...new Set(indexes.map((index) => Math.floor(index / BLOCK)))]
    : Array.from({ length: blocksOf(stages[at]!) }, (_, block) => block);
  const segments: Segment[] = [];
  for (const block of blocks) {
    const within = indexes?.filter((index) => Math.floor(index / BLOCK) === block) ?? null;
    const spans = await blockSpans(ctx, blockKey(ctx.key, epoch, at, block), {
      status,
      indexes: within,
    });
    for (const { first, last, count } of spans) {
      const wanted = within?.filter((index) => index >= first && index <= last) ?? null;
      const source = { kind: "again", last, status, indexes: wanted } as const;
      segments.push({ first, count, bytes: 0, source });
    }
  }
  return segments;
}

async function droppedIndexes(
  ctx: ObjectSharedContext,
  state: JobState,
  at: number,
  indexes: readonly number[],
): Promise<number[]> {
  const found: number[] = [];
  for (const { backlog } of state.stages[at]!.dropped) {
    const { taken } = partition(await segmentsIn(ctx, at, backlog), new Set(indexes));
    found.push(...taken.map(({ first }) => first));
  }
  return found;
}

const tasksIn = (segments: readonly Segment[]) =>
  segments.reduce((sum, { count }) => sum + count, 0);

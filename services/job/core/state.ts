import type { TaskError } from "../../contract/task.ts";
import { emptyBacklog, type Backlog } from "./backlog.ts";
import { userFold, type Folding } from "./fold/user-fold.ts";
import type { JobPlan } from "./plan.ts";
import type { Segment } from "./segments.ts";

/** A chunk that was sent and has not given its last report. Counts are as of its newest report. */
export interface ChunkInFlight {
  readonly first: number;
  size: number;
  window: number;
  readonly sentAt: number;
  seenAt: number;
  seq: number;
  succeeded: number;
  failed: number;
  running: number;
  retrying: number;
  nextRetryAt: number | null;
  pieces: number;
  hasReturned: boolean;
  retries: number;
  taskMs: number;
}

export interface StageState {
  status: "PENDING" | "RUNNING" | "SUCCEEDED" | "FAILED";
  sealed: boolean;
  total: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  backlog: Backlog;
  chunks: Record<string, ChunkInFlight>;
  nextChunk: number;
  /** tasks per second and slot, as the last chunks did them; null until one has ended */
  pace: number | null;
  /** outcomes per second, decaying over five seconds */
  rate: number;
  rateAt: number;
  startedAt: number | null;
  endedAt: number | null;
  taskMs: number;
  retries: number;
  /** results kept inline for `collect`; null: not wanted, or too many */
  collected: { tasks: number; bytes: number } | null;
  folding: Folding;
  /** why its user's fold has no result */
  foldError: TaskError | null;
}

/** The whole job, one value of its object: O(stages + chunks in flight + backlog pages held). */
export interface JobState {
  /** random at submit: what an earlier job of the same id left behind does not touch this one */
  readonly epoch: string;
  readonly hash: string;
  readonly plan: JobPlan;
  readonly startedAt: number;
  generation: number;
  updatedAt: number;
  endedAt: number | null;
  status: "RUNNING" | "SUCCEEDED" | "FAILED";
  slices: number;
  stages: StageState[];
}

/** What one chunk has done so far: every number is a total since it began. */
export interface ChunkReport {
  readonly epoch: string;
  readonly generation: number;
  readonly stage: number;
  readonly chunk: number;
  /** counts up; the last report of a chunk has `final` */
  readonly seq: number;
  readonly final: boolean;
  readonly at: number;
  readonly startedAt: number;
  readonly window: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly running: number;
  readonly retrying: number;
  readonly nextRetryAt: number | null;
  readonly retries: number;
  readonly taskMs: number;
  /** tasks passed on to the next stage, from piece number `firstPiece` on */
  readonly firstPiece: number;
  readonly pieces: readonly PassedOn[];
  /** tasks it took and will not start */
  readonly returned: readonly Segment[];
  /** with `final`, for `collect`: `[index, entry]` texts */
  readonly collected: readonly string[] | null;
  /** with `final`, for a fold that chunks compute: its part of these results */
  readonly fold: unknown;
}

/** `count` tasks of the next stage, stored in a piece. */
export interface PassedOn {
  readonly key: string;
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}

export function newJob(
  plan: JobPlan,
  { epoch, hash, at }: { epoch: string; hash: string; at: number },
): JobState {
  return {
    epoch,
    hash,
    plan,
    startedAt: at,
    generation: 1,
    updatedAt: at,
    endedAt: null,
    status: "RUNNING",
    slices: 0,
    stages: plan.stages.map(({ fold }) => ({
      status: "PENDING",
      sealed: false,
      total: 0,
      succeeded: 0,
      failed: 0,
      cancelled: 0,
      backlog: emptyBacklog(),
      chunks: {},
      nextChunk: 0,
      pace: null,
      rate: 0,
      rateAt: at,
      startedAt: null,
      endedAt: null,
      taskMs: 0,
      retries: 0,
      collected: fold === "collect" ? { tasks: 0, bytes: 0 } : null,
      folding: userFold(fold) === null ? null : "due",
      foldError: null,
    })),
  };
}

export const endedTasks = (stage: StageState) => stage.succeeded + stage.failed + stage.cancelled;

export const hasEnded = (stage: StageState) =>
  stage.status === "SUCCEEDED" || stage.status === "FAILED";

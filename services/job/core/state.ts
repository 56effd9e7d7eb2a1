import type { EndStatus } from "../../contract/task.ts";
import type { TaskError } from "../../contract/task.ts";
import { emptyBacklog, type Backlog } from "./backlog.ts";
import { userFold, type Folding } from "./fold/user-fold.ts";
import type { HeldBy } from "../../task/executor/lease.ts";
import type { Listed } from "./listed.ts";
import type { JobPlan } from "./plan.ts";
import type { Segment } from "./segments.ts";
import { newSource, type SourceState } from "./source.ts";

/** A chunk that was sent and has not given its last report. Counts are as of its newest report. */
export interface ChunkInFlight {
  readonly first: number;
  size: number;
  /** slots it was given and has not released */
  window: number;
  /** slots it has released so far; undefined: none */
  released?: number | undefined;
  /** slots it could use if it had been given so many so far; undefined: it has all it can use */
  wants?: number | undefined;
  readonly sentAt: number;
  seenAt: number;
  seq: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  running: number;
  retrying: number;
  nextRetryAt: number | null;
  pieces: number;
  hasReturned: boolean;
  retries: number;
  taskMs: number;
  /** its tasks run again: the status of the outcomes that stand meanwhile */
  readonly again: RedrivenStatus | null;
  /** its Runner's invocation, by which it hears orders; null: it has not begun */
  invocation: string | null;
  /** number of the newest order it knows */
  order: number;
  /** what keeps its waiting tasks from starting */
  heldBy?: HeldBy | undefined;
}

/** Tasks that a stop kept from starting: each is a CANCELLED outcome. */
export interface DroppedTasks {
  readonly generation: number;
  readonly reason: string;
  readonly backlog: Backlog;
}

export const REDRIVEN = ["FAILED", "CANCELLED"] as const;
export type RedrivenStatus = (typeof REDRIVEN)[number];

/** Why a stage or a job is being stopped, and what it will have ended as. */
export interface Stop {
  readonly as: EndStatus;
  readonly reason: string;
}

export interface StageState {
  status: "PENDING" | "RUNNING" | EndStatus;
  sealed: boolean;
  total: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  backlog: Backlog;
  /** recorded tasks that run again, by the status of the outcome that stands until they have */
  redriven: Record<RedrivenStatus, Backlog>;
  /** of each stop that it has seen */
  dropped: DroppedTasks[];
  /** null: it is not being stopped */
  stop: Stop | null;
  /** counts what chunks in flight are told */
  order: number;
  /** the newest generation in which it had tasks to run */
  ranIn: number;
  chunks: Record<string, ChunkInFlight>;
  nextChunk: number;
  /** tasks from this index on were never sent: nothing is stored of them */
  sentTo: number;
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
  collected: { bytes: number } | null;
  folding: Folding;
  /** why its user's fold has no result */
  foldError: TaskError | null;
}

/** The whole job, one value of its object: O(stages + chunks in flight + backlog pages held). */
export interface JobState {
  /** random at submit: what an earlier job of the same id left behind does not touch this one */
  readonly epoch: string;
  readonly hash: string;
  plan: JobPlan;
  readonly submittedAt: number;
  /** while it is scheduled: when it is to start */
  startedAt: number;
  generation: number;
  /** start of this generation, and how long the ones before it took together */
  generationAt: number;
  earlierMs: number;
  updatedAt: number;
  /** when tasks were last added from outside */
  fedAt: number;
  endedAt: number | null;
  status: "RUNNING" | EndStatus;
  /** why it did not simply succeed */
  reason: string | null;
  isScheduled: boolean;
  isPaused: boolean;
  /** a stage of it has or had a rate, or its limits were changed: there may be limiters of its own */
  isPaced: boolean;
  /** null: it is not being stopped */
  stop: Stop | null;
  /** null: the list has not heard of it */
  listed: Listed | null;
  slices: number;
  stages: StageState[];
  /** null: the fan-out is not a dynamic one */
  source: SourceState | null;
}

/** What one chunk has done so far: every number is a total since it began. */
export interface ChunkReport {
  readonly epoch: string;
  readonly generation: number;
  readonly stage: number;
  readonly chunk: number;
  /** of the runner: who gets directives */
  readonly invocation: string;
  /** counts up; the last report of a chunk has `final` */
  readonly seq: number;
  readonly final: boolean;
  readonly at: number;
  readonly startedAt: number;
  /** slots it was sent with */
  readonly window: number;
  /** slots it has released, once it has */
  readonly released?: number;
  /** as many as it would have to be given so far to use all it can; not said while it has them */
  readonly wants?: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly running: number;
  readonly retrying: number;
  readonly nextRetryAt: number | null;
  readonly retries: number;
  readonly taskMs: number;
  readonly heldBy?: HeldBy;
  /** the newest text that one of its tasks has given as progress since the last report */
  readonly progress?: string;
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

/** The runner of a chunk has begun: it can be told something from now on. */
export type BegunChunk = Pick<
  ChunkReport,
  "epoch" | "generation" | "stage" | "chunk" | "invocation" | "seq"
>;

/** All tasks of a chunk have ended; what it stores of them and its last report are still to come. */
export type FreedChunk = Pick<ChunkReport, "epoch" | "generation" | "stage" | "chunk">;

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
    submittedAt: at,
    startedAt: at + plan.delayMs,
    generation: 1,
    generationAt: at + plan.delayMs,
    earlierMs: 0,
    updatedAt: at,
    fedAt: at + plan.delayMs,
    endedAt: null,
    status: "RUNNING",
    reason: null,
    isScheduled: plan.delayMs > 0,
    isPaused: false,
    isPaced: plan.stages.some(({ rate }) => rate !== null),
    stop: null,
    listed: null,
    slices: 0,
    stages: plan.stages.map(({ fold }) => ({
      status: "PENDING",
      sealed: false,
      total: 0,
      succeeded: 0,
      failed: 0,
      cancelled: 0,
      backlog: emptyBacklog(),
      redriven: { FAILED: emptyBacklog(), CANCELLED: emptyBacklog() },
      dropped: [],
      stop: null,
      order: 0,
      ranIn: 1,
      chunks: {},
      nextChunk: 0,
      sentTo: 0,
      pace: null,
      rate: 0,
      rateAt: at,
      startedAt: null,
      endedAt: null,
      taskMs: 0,
      retries: 0,
      collected: fold === "collect" ? { bytes: 0 } : null,
      folding: userFold(fold) === null ? null : "due",
      foldError: null,
    })),
    source: newSource(plan),
  };
}

/** Its delay is over, or cut short by a stop. */
export function begin(state: JobState): void {
  state.isScheduled = false;
  state.startedAt = state.updatedAt;
  state.generationAt = state.updatedAt;
}

/** Tasks of a chunk that have not started, as far as is known. */
export function unstartedTasks({ size, seq, window, ...counts }: ChunkInFlight): number {
  // Without slots it has ended, or waits for retries alone; before its first report it has not begun.
  if (window === 0) return 0;
  if (seq === 0) return size;
  const { succeeded, failed, cancelled, running, retrying } = counts;
  return size - succeeded - failed - cancelled - running - retrying;
}

/** It has no slots, since all its tasks that have not ended wait for attempts that are far away. */
export const isWaiting = ({ window, retrying }: ChunkInFlight) => window === 0 && retrying > 0;

/** Slots that a chunk was given so far, those included that it has released. */
export const grantedTo = ({ window, released = 0 }: ChunkInFlight) => window + released;

/** Slots that chunks in flight have. */
export const slotsGiven = ({ chunks }: StageState) =>
  Object.values(chunks).reduce((sum, { window }) => sum + window, 0);

export const endedTasks = (stage: StageState) => stage.succeeded + stage.failed + stage.cancelled;

/** Where the tasks of a stage wait, in the order in which they are taken. */
export const backlogsOf = ({ redriven, backlog }: StageState) => [
  redriven.FAILED,
  redriven.CANCELLED,
  backlog,
];

export const waitingTasks = (stage: StageState) =>
  backlogsOf(stage).reduce((sum, { tasks }) => sum + tasks, 0);

/** Of a stage or a job. */
export const hasEnded = ({ status }: { readonly status: StageState["status"] }) =>
  status !== "PENDING" && status !== "RUNNING";

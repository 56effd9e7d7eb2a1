import { push } from "../../../services/job/core/backlog.ts";
import type { StagePlan } from "../../../services/job/core/plan.ts";
import type { Segment } from "../../../services/job/core/segments.ts";
import {
  newJob,
  type ChunkInFlight,
  type JobState,
  type StageState,
} from "../../../services/job/core/state.ts";
import { jobPlan } from "./plans.ts";

/** A job that was submitted at 0 and has not been fed. */
export function emptyJob(...stages: Partial<StagePlan>[]): JobState {
  return newJob(jobPlan(...stages), { epoch: "e1", hash: "h", at: 0 });
}

/** A stage as given; what is waiting stands in its backlog. */
export function stageWith({
  waiting = 0,
  ...fields
}: Partial<StageState> & { waiting?: number } = {}): StageState {
  const stage = emptyJob({}).stages[0]!;
  push(stage.backlog, [tasks(0, waiting)]);
  return Object.assign(stage, { total: waiting }, fields);
}

export function tasks(first: number, count: number): Segment {
  return { first, count, bytes: 0, source: { kind: "tasks" } };
}

/** Tasks that run again: `count` of those from `first` to `last`. */
export function again(first: number, last: number, count = last - first + 1): Segment {
  const source = { kind: "again", last, status: "FAILED", indexes: null } as const;
  return { first, count, bytes: 0, source };
}

export function inFlight(fields: Partial<ChunkInFlight> = {}): ChunkInFlight {
  return {
    first: 0,
    size: 1,
    window: 1,
    sentAt: 0,
    seenAt: 0,
    seq: 0,
    succeeded: 0,
    failed: 0,
    running: 0,
    retrying: 0,
    nextRetryAt: null,
    pieces: 0,
    hasReturned: false,
    retries: 0,
    taskMs: 0,
    cancelled: 0,
    again: null,
    invocation: null,
    order: 0,
    ...fields,
  };
}

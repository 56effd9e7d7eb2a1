import type { EndStatus } from "../../../services/contract/task.ts";
import { ChunkLog } from "../../../services/task/chunk-log.ts";
import type { ChunkSpec } from "../../../services/task/chunk-spec.ts";
import type { Group, GroupHead } from "../../../services/task/executor/group.ts";
import {
  cancelledLine,
  failedLine,
  lineStatus,
  succeededLine,
} from "../../../services/task/record.ts";
import { stagePlan } from "./plans.ts";
import { tasks } from "./stages.ts";

/** A chunk of stage 0 in which only what matters to the test is said. */
export function chunkSpec(fields: Partial<ChunkSpec> = {}): ChunkSpec {
  const { first = 0, size = 10 } = fields;
  return {
    jobId: "job",
    jobStartedAt: 0,
    epoch: "e1",
    generation: 1,
    stage: 0,
    chunk: 4,
    order: 0,
    first,
    size,
    window: 100,
    slices: [tasks(first, size)],
    plan: stagePlan(),
    next: null,
    room: { items: Infinity, bytes: Infinity, tasks: Infinity },
    isAwaited: false,
    isEager: false,
    decisive: { succeeded: null, failed: null },
    beatMs: 1_000,
    takeovers: 0,
    collects: false,
    ...fields,
  };
}

/** The log of a chunk of consecutive tasks, unless their indexes are given. */
export function chunkLog(
  spec: ChunkSpec,
  indexes: readonly number[] = Array.from({ length: spec.size }, (_, at) => spec.first + at),
): ChunkLog {
  return new ChunkLog(spec, { indexes, invocation: "inv" });
}

/** A group that says of itself what its lines say. */
export function groupOf(
  outcomes: readonly string[],
  { emissions, ...head }: Partial<GroupHead> & { emissions?: readonly string[] } = {},
): Group {
  const count = (status: EndStatus) =>
    outcomes.filter((line) => lineStatus(line) === status).length;
  return {
    head: {
      at: 1_000,
      outcomes: outcomes.length,
      passes: emissions ? "lines" : "results",
      worker: "here:1",
      succeeded: count("SUCCEEDED"),
      failed: count("FAILED"),
      cancelled: count("CANCELLED"),
      retries: [],
      taskMs: 0,
      running: 0,
      retrying: 0,
      nextRetryAt: null,
      returnedFrom: null,
      report: false,
      ...head,
    },
    lines: [...outcomes, ...(emissions ?? [])],
  };
}

export const recordOf = (index: number) => ({
  index,
  attempts: 1,
  startedAt: 900,
  durationMs: 1.5,
  origin: index,
  parent: null,
  emitted: 1,
  generation: 1,
});

export const succeeded = (index: number, result: unknown = index) =>
  succeededLine(recordOf(index), JSON.stringify(result));

export const failed = (index: number) =>
  failedLine(
    { ...recordOf(index), emitted: 0 },
    { code: "TASK_FAILED", message: "no" },
    `{"item":${index}}`,
  );

export const cancelled = (index: number) =>
  cancelledLine(
    { ...recordOf(index), emitted: 0 },
    { code: "CANCELLED", message: "enough" },
    `{"item":${index}}`,
  );

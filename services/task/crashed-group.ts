import type { ChunkSpec } from "./chunk-spec.ts";
import type { Group } from "./executor/group.ts";
import type { Begun } from "./executor/quarantine.ts";
import type { ChunkInputs } from "./inputs.ts";
import { failedLine } from "./record.ts";

/** The outcome of a task that its process died of, as a group of one. */
export function crashedGroup(
  { generation, next, jobStartedAt }: ChunkSpec,
  inputs: ChunkInputs,
  index: number,
  { begun, deaths }: { begun: Begun; deaths: number },
): Group {
  const task = inputs.tasks.find((candidate) => candidate.index === index)!;
  const record = {
    ...task,
    attempts: deaths,
    startedAt: begun.at - jobStartedAt,
    durationMs: 0,
    emitted: next ? 0 : null,
    generation,
  };
  const message = "The worker process died of this task again and again.";
  const input = JSON.stringify(inputs.inputOf(index));
  return {
    head: {
      at: begun.at,
      outcomes: 1,
      passes: "results",
      worker: begun.worker,
      succeeded: 0,
      failed: 1,
      cancelled: 0,
      retries: [],
      taskMs: 0,
      running: 0,
      retrying: 0,
      nextRetryAt: null,
      returnedFrom: null,
      report: false,
    },
    lines: [failedLine(record, { code: "TASK_CRASHED", message }, input)],
  };
}

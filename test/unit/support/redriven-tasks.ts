import { partition } from "../../../services/job/dropped.ts";
import type { Backlog } from "../../../services/job/core/backlog.ts";
import { BLOCK } from "../../../services/job/core/dispatch.ts";
import type { RedrivenStage } from "../../../services/job/core/redrive.ts";
import type { Segment } from "../../../services/job/core/segments.ts";
import type { JobState, RedrivenStatus } from "../../../services/job/core/state.ts";
import type { StageModel, TaskModel } from "./stage-model.ts";

/** What somebody wants to run again of a stage: what failed, what did not succeed, or these tasks. */
export type Only = "failed" | "unsucceeded" | readonly number[];

/** Indexes of the tasks that this means. */
export function chosenTasks({ tasks }: StageModel, only: Only): readonly number[] {
  if (typeof only !== "string") return only;
  const isMeant = ({ state }: TaskModel) =>
    state === "FAILED" || (only === "unsucceeded" && state === "CANCELLED");
  return [...tasks.keys()].filter((index) => isMeant(tasks[index]!));
}

/**
 * What the job finds for it: recorded tasks as the Data objects name them, in runs of at most `run`, and
 * dropped ones out of its own state.
 */
export function redrivenStage(
  { tasks }: StageModel,
  { state, at, only, run }: { state: JobState; at: number; only: Only; run: number },
  segmentsIn: (backlog: Backlog) => Segment[],
): RedrivenStage {
  const indexes = typeof only === "string" ? null : only;
  const recorded = (status: RedrivenStatus) => {
    if (only === "failed" && status === "CANCELLED") return [];
    const found = [...tasks.keys()].filter(
      (index) => tasks[index]!.outcomes.at(-1)?.status === status,
    );
    return spans(found, status, { indexes, run });
  };
  const wanted = only === "unsucceeded" ? null : new Set(indexes);
  const parts = state.stages[at]!.dropped.map(({ backlog }) =>
    partition(segmentsIn(backlog), wanted),
  );
  return {
    stage: at,
    recorded: { FAILED: recorded("FAILED"), CANCELLED: recorded("CANCELLED") },
    dropped: parts.flatMap(({ taken }) => taken),
    stillDropped: parts.map(({ kept }) => kept),
  };
}

// --- internal ---

function spans(
  found: readonly number[],
  status: RedrivenStatus,
  { indexes, run }: { readonly indexes: readonly number[] | null; readonly run: number },
): Segment[] {
  const blocks = Map.groupBy(
    found.filter((index) => indexes?.includes(index) ?? true),
    (index) => Math.floor(index / BLOCK),
  );
  return [...blocks.values()].flatMap((block) =>
    Array.from({ length: Math.ceil(block.length / run) }, (_, part): Segment => {
      const within = block.slice(part * run, (part + 1) * run);
      const [first, last] = [within[0]!, within.at(-1)!];
      const named = indexes?.filter((index) => index >= first && index <= last) ?? null;
      const source = { kind: "again", last, status, indexes: named } as const;
      return { first, count: within.length, bytes: 0, source };
    }),
  );
}

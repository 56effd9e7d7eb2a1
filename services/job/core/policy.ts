import type { StagePlan } from "./plan.ts";
import type { StageState } from "./state.ts";

/** How a stage that ran everything, and was folded, ended. */
export function judgeStage(
  { total, succeeded, foldError }: StageState,
  policy: StagePlan["policy"],
): "SUCCEEDED" | "FAILED" {
  if (foldError) return "FAILED";
  switch (policy) {
    case "complete-all":
      return succeeded === total ? "SUCCEEDED" : "FAILED";
    case "best-effort":
      return succeeded > 0 || total === 0 ? "SUCCEEDED" : "FAILED";
  }
}

/** A job is FAILED if any stage is. */
export function judgeJob(stages: readonly StageState[]): "SUCCEEDED" | "FAILED" {
  return stages.some(({ status }) => status === "FAILED") ? "FAILED" : "SUCCEEDED";
}

import type { Folded } from "./fold/user-fold.ts";
import type { JobState, StageState } from "./state.ts";

/** It has failed, or was cut short: it can go through the stage's outcomes once more. */
export const mayFoldAgain = ({ foldError, folding }: StageState): boolean =>
  foldError !== null || folding === "cut";

/** Takes the answer of a stage's fold. False: nobody waits for it. */
export function takeFolded(
  state: JobState,
  { epoch, generation, stage: at, answer }: Folded,
): boolean {
  const stage = state.stages[at];
  const isForeign = epoch !== state.epoch || generation !== state.generation;
  if (isForeign || stage?.folding !== "running") return false;
  stage.folding = null;
  stage.foldError = "error" in answer ? answer.error : null;
  return true;
}

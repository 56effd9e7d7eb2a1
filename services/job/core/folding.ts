import type { Folded } from "./fold/user-fold.ts";
import type { JobState } from "./state.ts";

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

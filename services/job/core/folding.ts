import { userFold, type Folded } from "./fold/user-fold.ts";
import { hasEnded, type JobState } from "./state.ts";

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

/**
 * Takes up an ended job, in a new generation, to fold one stage again. False: it has not ended, or the
 * stage has no fold of its user's.
 */
export function foldAgain(state: JobState, at: number): boolean {
  const stage = state.stages[at];
  if (state.status === "RUNNING" || !stage || !hasEnded(stage)) return false;
  if (userFold(state.plan.stages[at]!.fold) === null) return false;
  stage.status = "RUNNING";
  stage.endedAt = null;
  stage.folding = "due";
  state.status = "RUNNING";
  state.endedAt = null;
  state.generation += 1;
  return true;
}

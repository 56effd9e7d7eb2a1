import { push } from "./backlog.ts";
import type { Command } from "./command.ts";
import { userFold } from "./fold/user-fold.ts";
import type { Segment } from "./segments.ts";
import type { JobState } from "./state.ts";

/** Tasks that are new to a stage. Those of a stage that is being stopped are cancelled as they come. */
export function addTasks(
  state: JobState,
  at: number,
  segments: readonly Segment[],
  commands: Command[],
): void {
  const stage = state.stages[at]!;
  const count = segments.reduce((sum, segment) => sum + segment.count, 0);
  stage.total += count;
  if (count > 0) {
    stage.ranIn = state.generation;
    if (userFold(state.plan.stages[at]!.fold) !== null && !stage.stop) stage.folding = "due";
  }
  if (stage.stop) stage.cancelled += count;
  const { backlog } = stage.stop ? stage.dropped.at(-1)! : stage;
  for (const spilled of push(backlog, segments)) {
    commands.push({ type: "spill", stage: at, spilled });
  }
}

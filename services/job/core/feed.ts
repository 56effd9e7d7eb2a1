import { push } from "./backlog.ts";
import type { Command } from "./command.ts";
import type { Segment } from "./segments.ts";
import { droppedOf } from "./stop.ts";
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
  if (count === 0) return;
  stage.total += count;
  stage.ranIn = state.generation;
  const backlog = stage.stop ? droppedOf(stage, state.generation) : stage.backlog;
  if (stage.stop) stage.cancelled += count;
  for (const spilled of push(backlog, segments)) {
    commands.push({ type: "spill", stage: at, spilled });
  }
}

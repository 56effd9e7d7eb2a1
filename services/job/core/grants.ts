import type { Command } from "./command.ts";
import { boundsOf } from "./dispatch.ts";
import { grantedTo, slotsGiven, type JobState } from "./state.ts";
import { NOTHING_HEARD, tell } from "./stop.ts";

/**
 * Gives free slots to chunks in flight whose retries are due and find none: those that were sent first are
 * served first. What they get, new chunks do not.
 */
export function serveWants(state: JobState, at: number, commands: Command[]): void {
  const stage = state.stages[at]!;
  if (stage.stop) return;
  let free = boundsOf(state.plan.stages[at]!).concurrency - slotsGiven(stage);
  for (const chunk of Object.values(stage.chunks)) {
    const slots = Math.min(free, (chunk.wants ?? 0) - grantedTo(chunk));
    if (slots <= 0) continue;
    chunk.window += slots;
    free -= slots;
    chunk.order = NOTHING_HEARD;
    tell(state, at, chunk, commands);
  }
}

import { SOURCE } from "../../contract/task.ts";
import type { Command } from "./command.ts";
import { pageInFlight } from "./pages.ts";
import { chunkInFlight } from "./report.ts";
import type { BegunChunk, JobState } from "./state.ts";
import { NOTHING_HEARD, tell } from "./stop.ts";

/**
 * A chunk, or who reads a page, can be told something from now on. False: it is not in flight, or was heard
 * of before. (Who takes it up from another runner is heard of with the first report.)
 */
export function applyBegun(state: JobState, begun: BegunChunk, commands: Command[]): boolean {
  const isPage = begun.stage === SOURCE;
  const chunk = isPage ? pageInFlight(state, begun) : chunkInFlight(state, begun);
  if (!chunk || chunk.invocation !== null) return false;
  chunk.invocation = begun.invocation;
  // It takes the chunk up from killed ones, whose reports do not count any more, and has heard nothing.
  if (begun.seq > chunk.seq) Object.assign(chunk, { seq: begun.seq, order: NOTHING_HEARD });
  tell(state, begun.stage, chunk, commands);
  return true;
}

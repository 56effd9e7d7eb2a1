import type { ListedState } from "../../contract/job-list.ts";
import { hasEnded, type JobState } from "./state.ts";

/** What the list was told of a job. */
export interface Listed {
  readonly generation: number;
  readonly status: ListedState;
}

/** How a job stands in the list, which knows no pause. */
export const listedState = (state: JobState): ListedState =>
  state.isScheduled && !hasEnded(state) ? "SCHEDULED" : state.status;

/**
 * Whether the list has to be told how the job stands. Of one that has just begun it hears later, with what
 * its chunks report in their first second: most small jobs have ended by then, and are told of once.
 */
export function isToBeListed(state: JobState): boolean {
  const { listed, generation } = state;
  const isKnown = listed?.generation === generation && listed.status === listedState(state);
  return !isKnown && (hasEnded(state) || !isHeardOfSoon(state));
}

// --- internal ---

const isHeardOfSoon = ({ updatedAt, generationAt, stages }: JobState) =>
  updatedAt - generationAt < FRESH_MS &&
  stages.some(({ chunks }) => Object.keys(chunks).length > 0);

/** Less than the time in which a chunk gives its first report. */
const FRESH_MS = 500;

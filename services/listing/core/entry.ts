import type { JobSummary, ListedState } from "../../contract/job-list.ts";

/** A place in the order of all jobs. No two jobs share one, not even two of the same id. */
export interface Position {
  readonly submittedAt: number;
  readonly jobId: string;
}

/** What the list keeps of a job. Its position never changes, so that paging misses none. */
export type Entry = JobSummary & Position;

/** Of which jobs a list is asked for. */
export interface Filter {
  readonly status: ListedState | null;
  /** a label's name, or `name=value` */
  readonly label: string | null;
}

export function newestFirst(a: Position, b: Position): number {
  if (a.submittedAt !== b.submittedAt) return b.submittedAt - a.submittedAt;
  return a.jobId < b.jobId ? -1 : a.jobId > b.jobId ? 1 : 0;
}

export const isSame = (a: Position, b: Position): boolean => newestFirst(a, b) === 0;

/** Whether what is told of a job is newer than what is known of it: a redrive after an end, an end after a start. */
export function isNews(told: Entry, known: Entry): boolean {
  if (told.generation !== known.generation) return told.generation > known.generation;
  return progressOf(told) > progressOf(known);
}

export function fits(entry: Entry, { status, label }: Filter): boolean {
  if (status !== null && entry.status !== status) return false;
  if (label === null) return true;
  return Object.entries(entry.labels).some(
    ([name, value]) => label === name || label === `${name}=${value}`,
  );
}

// --- internal ---

function progressOf({ status }: Entry): number {
  if (status === "SCHEDULED") return 0;
  return status === "RUNNING" ? 1 : 2;
}

import type { TaskError } from "../../contract/task.ts";
import { NO_CURSORS, type CursorTrail } from "./cursors.ts";
import type { JobPlan } from "./plan.ts";

/**
 * The source of a dynamic fan-out. It is as a stage before the first: each of its pages is the one task of a
 * chunk, and what that passes on are tasks of stage 0.
 */
export interface SourceState {
  /** number of the page that is being read, or is the next to be */
  page: number;
  /** counts the chunks that were sent for pages */
  nextChunk: number;
  reading: PageInFlight | null;
  /** of the pages that wait for chunks to take tasks: the index after their last */
  ahead: number[];
  cursors: CursorTrail;
  /** its last page was read */
  isEnded: boolean;
  /** nobody else feeds stage 0: it is sealed when the source ends */
  isLast: boolean;
  /** why the page could not be read */
  error: TaskError | null;
}

/** The chunk that reads a page, as of its newest report. */
export interface PageInFlight {
  readonly chunk: number;
  readonly sentAt: number;
  seq: number;
  retries: number;
  nextRetryAt: number | null;
  /** its Runner's invocation, by which it hears orders; null: it has not begun */
  invocation: string | null;
  /** number of the newest order it knows */
  order: number;
}

/** Null: the job has none. */
export function newSource({ source }: JobPlan): SourceState | null {
  if (!source) return null;
  return {
    page: 0,
    nextChunk: 0,
    reading: null,
    ahead: [],
    cursors: NO_CURSORS,
    isEnded: false,
    isLast: false,
    error: null,
  };
}

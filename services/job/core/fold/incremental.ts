import type { Fold } from "../../../contract/job-request.ts";
import { groupBy } from "./group-by.ts";
import { stats } from "./stats.ts";
import { topK } from "./top-k.ts";

/** What a task of a stage came to. */
export interface TaskResult {
  readonly index: number;
  readonly value: unknown;
}

/**
 * A fold that needs no result twice. Parts are JSON; merging those of any groups of tasks, in any order,
 * comes to the part of all of them.
 */
export interface IncrementalFold<Part = unknown> {
  partOf(results: readonly TaskResult[]): Part;
  merge(a: Part, b: Part): Part;
  /** A part as users see it. */
  view(part: Part): unknown;
}

/** The fold that chunks compute on their way; null for what is folded otherwise. */
export function incrementalFold(fold: Fold): IncrementalFold | null {
  if (typeof fold === "string") return null;
  if ("stats" in fold) return stats(fold.stats);
  if ("groupBy" in fold) return groupBy(fold.groupBy);
  if ("topK" in fold) return topK(fold.topK);
  return null;
}

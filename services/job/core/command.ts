import type { Directive } from "../../task/directive.ts";
import type { SpilledPage } from "./backlog.ts";
import type { PlannedChunk } from "./dispatch.ts";

/** What the durable edge has to do for a job, in this order. */
export type Command =
  | { type: "dispatch"; stage: number; planned: PlannedChunk }
  /** send the chunk that reads a page of the source */
  | { type: "read page"; page: number; chunk: number }
  /** of the next page, as JSON */
  | { type: "keep cursor"; cursor: string }
  | { type: "spill"; stage: number; spilled: SpilledPage }
  /** tell a chunk in flight */
  | { type: "direct"; invocation: string; directive: Directive }
  /** keep these results for the stage's `collect`; null: forget what was kept */
  | { type: "collect"; stage: number; lines: readonly string[] | null }
  /** merge this part into the stage's fold */
  | { type: "fold"; stage: number; part: unknown }
  /** let the user's fold go through the stage's outcomes */
  | { type: "start fold"; stage: number }
  /** it has answered; null: without a result */
  | { type: "folded"; stage: number; json: string | null }
  | { type: "stage ended"; stage: number }
  | { type: "job ended" };

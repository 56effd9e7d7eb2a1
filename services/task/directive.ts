import type { Limits } from "../limits/core/lease.ts";

/** What a job tells a running chunk; the newest holds. */
export type Directive =
  /** what runs is aborted, and everything that has no outcome ends as CANCELLED */
  | { readonly type: "stop"; readonly reason: string }
  /** tasks that were not started go back to the job, and no retry starts */
  | { readonly type: "pause" }
  /**
   * tasks that were not started go back to the job, the others go on under these limits; `granted`: slots that
   * the chunk was given so far, those included that it has released
   */
  | ({ readonly type: "yield"; readonly granted: number } & StageLimits);

/** What a stage allows its chunks, as of its order of that number. */
export interface StageLimits {
  readonly order: number;
  /** `concurrency`: of those in flight together; null: the window of each is enough */
  readonly limits: Limits;
}

/** The newer one, but a stop is for good. */
export function newest(current: Directive | null, heard: Directive): Directive {
  return current?.type === "stop" ? current : heard;
}

/** Why a chunk was stopped; null: it was not. */
export function stopReason(directive: Directive | null): string | null {
  return directive?.type === "stop" ? directive.reason : null;
}

import type { JobState } from "./state.ts";

/** Nobody appends any more: stage 0 is sealed, now or by the last page of its source. */
export function seal({ source, stages }: JobState): void {
  if (source) source.isLast = true;
  if (!source || source.isEnded) stages[0]!.sealed = true;
}

/** Whether somebody may still append to stage 0, or seal it. */
export const takesAppends = ({ source, stages }: JobState) => !stages[0]!.sealed && !source?.isLast;

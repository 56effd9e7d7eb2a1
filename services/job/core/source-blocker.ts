import type { Blocker } from "../../contract/handlers.ts";
import type { JobState } from "./state.ts";

/** What `why` says while the fan-in waits for pages. */
export function sourceBlocker({ source, stages, plan }: JobState): Blocker | null {
  if (!source || source.isEnded || (stages[0]!.sealed && !source.reading)) return null;
  const { page, reading } = source;
  const name = `Page ${page} of the source "${plan.source?.action}"`;
  if (!reading) {
    return {
      kind: "source",
      stage: 0,
      page,
      since: null,
      message: `${name} is not yet asked for.`,
    };
  }
  const { sentAt: since, retries, nextRetryAt } = reading;
  const message =
    nextRetryAt === null ? `${name} is being read.` : `${name} waits for its next attempt.`;
  return { kind: "source", stage: 0, page, since, attempt: retries + 1, nextRetryAt, message };
}

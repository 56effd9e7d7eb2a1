import type { ControlAnswer } from "../../contract/handlers.ts";
import type { JobState } from "../core/state.ts";

export function controlAnswer(jobId: string, { status, generation }: JobState): ControlAnswer {
  return { jobId, status, generation };
}

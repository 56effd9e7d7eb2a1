import type { ObjectContext } from "@restatedev/restate-sdk";
import type { ListedState } from "../contract/job-list.ts";
import { sendListed, sendUnlisted } from "../wire/calls.ts";
import { hasEnded, type JobState } from "./core/state.ts";

/** Has the job listed as it stands; it does not wait for that. */
export function list(ctx: ObjectContext, state: JobState): void {
  const { submittedAt, generation, plan, startedAt, endedAt } = state;
  sendListed(ctx, {
    jobId: ctx.key,
    submittedAt,
    status: listedState(state),
    action: plan.stages[0]!.action,
    generation,
    labels: plan.labels,
    startedAt,
    completedAt: endedAt,
  });
}

/** Only starts and ends are listed: a job that is redriven starts again. */
export const isListedAnew = (before: JobState, after: JobState): boolean =>
  before.generation !== after.generation || listedState(before) !== listedState(after);

export const unlist = (ctx: ObjectContext, { submittedAt }: JobState): void =>
  void sendUnlisted(ctx, { jobId: ctx.key, submittedAt });

// --- internal ---

const listedState = (state: JobState): ListedState =>
  state.isScheduled && !hasEnded(state) ? "SCHEDULED" : state.status;

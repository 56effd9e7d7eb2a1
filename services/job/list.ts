import type { ObjectContext } from "@restatedev/restate-sdk";
import { sendListed, sendUnlisted } from "../wire/calls.ts";
import { listedState } from "./core/listed.ts";
import type { JobState } from "./core/state.ts";

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

export const unlist = (ctx: ObjectContext, { submittedAt }: JobState): void =>
  void sendUnlisted(ctx, { jobId: ctx.key, submittedAt });

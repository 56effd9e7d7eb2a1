import type { ObjectContext } from "@restatedev/restate-sdk";
import { sendNotice } from "../wire/calls.ts";
import { receiversOfEnd, withPending, type Notice, type Receivers } from "./core/notices.ts";
import type { Command } from "./core/command.ts";
import type { JobState } from "./core/state.ts";
import { KEYS } from "./state-keys.ts";

/**
 * Has everybody told who asked to hear of what this step has ended. After the step's state and results
 * are set: they are what is told. The job does not wait for it.
 */
export async function tell(
  ctx: ObjectContext,
  { epoch, generation, plan }: JobState,
  commands: readonly Command[],
): Promise<void> {
  if (plan.receivers === 0) return;
  const ends = commands.flatMap((command) =>
    command.type === "stage ended" ? command.stage : command.type === "job ended" ? null : [],
  );
  const receivers = ends.length > 0 ? await ctx.get<Receivers>(KEYS.receivers) : null;
  if (!receivers) return;
  const begun = ends.flatMap((stage) =>
    receiversOfEnd(receivers, stage).map((receiver, n) => ({ generation, stage, n, receiver })),
  );
  if (begun.length === 0) return;
  for (const notice of begun) sendNotice(ctx, { jobId: ctx.key, epoch, ...notice });
  const notices = (await ctx.get<Notice[]>(KEYS.notices)) ?? [];
  ctx.set(KEYS.notices, withPending(notices, begun));
}

import type { ObjectSharedContext } from "@restatedev/restate-sdk";
import type { JobStatus } from "../contract/job-status.ts";
import { notificationsOf, type Notice, type Receivers } from "./core/notices.ts";
import type { JobState } from "./core/state.ts";
import { KEYS } from "./state-keys.ts";

/** What `status` shows beside the job's counts. */
export async function asides(
  ctx: ObjectSharedContext,
  { plan }: JobState,
): Promise<Pick<JobStatus, "customStatus" | "notifications">> {
  const customStatus = await ctx.get<string>(KEYS.customStatus);
  const receivers = plan.receivers > 0 ? await ctx.get<Receivers>(KEYS.receivers) : null;
  const notices = receivers ? ((await ctx.get<Notice[]>(KEYS.notices)) ?? []) : [];
  return {
    ...(customStatus === null ? {} : { customStatus }),
    ...(receivers ? { notifications: notificationsOf(notices, receivers) } : {}),
  };
}

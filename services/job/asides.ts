import type { ObjectSharedContext } from "@restatedev/restate-sdk";
import type { JobStatus } from "../contract/job-status.ts";
import { KEYS } from "./state-keys.ts";

/** What `status` shows beside the job's counts. */
export async function asides(ctx: ObjectSharedContext): Promise<Pick<JobStatus, "customStatus">> {
  const customStatus = await ctx.get<string>(KEYS.customStatus);
  return customStatus === null ? {} : { customStatus };
}

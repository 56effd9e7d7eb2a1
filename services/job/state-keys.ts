import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import { jobNotFound, refusal } from "../failure.ts";
import type { JobState } from "./core/state.ts";

/**
 * Keys of a job's state. The server sends a job's state along with each call in order of keys, up to
 * a limit (restate.toml): what every call needs comes first, the rest is fetched when it is asked for.
 */
export const KEYS = {
  job: "0/job",
  waiters: "1/waiters",
  expiry: "1/expiry",
  timers: "1/timers",
  customStatus: "1/custom-status",
  events: "1/events",
  notices: "1/notices",
  fold: (stage: number) => `1/fold/${stage}`,
  request: "2/request",
  append: (id: string) => `append/${id}`,
  awaiting: (event: string, page: number) => `awaiting/${event}/${page}`,
  cursor: "cursor",
  collect: (stage: number) => `collect/${stage}`,
  event: (name: string) => `event/${name}`,
  page: (stage: number, page: number) => `page/${stage}/${page}`,
  payload: (stage: number) => `payload/${stage}`,
  receivers: "receivers",
  result: (stage: number) => `result/${stage}`,
  slice: (slice: number) => `slice/${slice}`,
} as const;

export async function loadJob(ctx: ObjectSharedContext | ObjectContext): Promise<JobState> {
  const state = await ctx.get<JobState>(KEYS.job);
  if (!state) throw jobNotFound(ctx.key);
  return state;
}

/** Of a job that has not ended. */
export async function loadLiveJob(ctx: ObjectContext): Promise<JobState> {
  const state = await loadJob(ctx);
  if (state.endedAt !== null) throw refusal("JOB_ENDED", `Job "${ctx.key}" has ended.`);
  return state;
}

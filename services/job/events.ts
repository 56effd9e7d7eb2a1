import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import type { CallErrorCode } from "../contract/errors.ts";
import type { Blocker, EventRequest } from "../contract/handlers.ts";
import { LIMITS } from "../contract/limits.ts";
import { invalidField, refusal } from "../failure.ts";
import { sendWake, type EventWaiter, type WakeRequest, type Woken } from "../wire/calls.ts";
import {
  eventBlocker,
  NO_EVENTS,
  withoutPage,
  withRaised,
  withWaiter,
  type EventIndex,
} from "./core/events.ts";
import { digest } from "./core/plan.ts";
import type { JobState } from "./core/state.ts";
import { KEYS } from "./state-keys.ts";

/** Latches an event of a job that has not ended, and wakes who waits for it. */
export async function raise(
  ctx: ObjectContext,
  { epoch }: JobState,
  { name, payload = null }: EventRequest,
): Promise<void> {
  const hash = digest({ payload });
  const known = await ctx.get<Latched>(KEYS.event(name));
  if (known?.hash === hash) return;
  if (known) throw refusal("EVENT_EXISTS", `Event "${name}" was raised with another payload.`);
  const index = withRaised(await eventIndex(ctx), name);
  if (!index)
    throw invalidField("name", `must not be new: a job has at most ${LIMITS.events} events`);
  ctx.set(KEYS.event(name), { hash, payload } satisfies Latched);
  ctx.set(KEYS.events, index);
  await wakeSome(ctx, { epoch, name });
}

/** Wakes a page of who waits for a raised event; another step goes on with the next. */
export async function wakeSome(ctx: ObjectContext, request: WakeRequest): Promise<void> {
  const latched = await ctx.get<Latched>(KEYS.event(request.name));
  const taken = withoutPage(await eventIndex(ctx), request.name);
  if (!latched || !taken) return;
  await wakePage(ctx, request.name, taken.page, { ok: true, payload: latched.payload });
  ctx.set(KEYS.events, taken.index);
  if (taken.page > 0) sendWake(ctx, ctx.key, request);
}

/** Wakes a waiter at once if it need not wait, and keeps it if it must. */
export async function awaitEvent(
  ctx: ObjectContext,
  job: JobState | null,
  { name, awakeable }: EventWaiter,
): Promise<void> {
  const answer = (woken: Woken) => ctx.resolveAwakeable(awakeable, woken);
  if (!job) return answer(unwoken("JOB_NOT_FOUND", `There is no job "${ctx.key}".`));
  const latched = await ctx.get<Latched>(KEYS.event(name));
  if (latched) return answer({ ok: true, payload: latched.payload });
  if (job.endedAt !== null) return answer(jobEnded(ctx.key));
  const registered = withWaiter(await eventIndex(ctx), name);
  if (!registered) {
    const message = `Too many wait for events of job "${ctx.key}", or for too many events.`;
    return answer(unwoken("INVALID_REQUEST", message));
  }
  const key = KEYS.awaiting(name, registered.page);
  ctx.set(key, [...((await ctx.get<string[]>(key)) ?? []), awakeable]);
  ctx.set(KEYS.events, registered.index);
}

/** The job has ended: what was not raised will not be. */
export async function dismissWaiters(ctx: ObjectContext): Promise<void> {
  let index = await eventIndex(ctx);
  if (index.awaited.length === 0) return;
  for (const { name } of index.awaited) {
    const latched = await ctx.get<Latched>(KEYS.event(name));
    const woken = latched ? ({ ok: true, payload: latched.payload } as const) : jobEnded(ctx.key);
    for (let taken = withoutPage(index, name); taken; taken = withoutPage(index, name)) {
      await wakePage(ctx, name, taken.page, woken);
      index = taken.index;
    }
  }
  ctx.set(KEYS.events, index);
}

export async function eventBlockers(ctx: ObjectSharedContext, job: JobState): Promise<Blocker[]> {
  return job.endedAt === null ? eventBlocker(await eventIndex(ctx)) : [];
}

// --- internal ---

/** An event that was raised: the digest tells another payload from the same. */
interface Latched {
  readonly hash: string;
  readonly payload: unknown;
}

async function eventIndex(ctx: ObjectContext | ObjectSharedContext): Promise<EventIndex> {
  return (await ctx.get<EventIndex>(KEYS.events)) ?? NO_EVENTS;
}

async function wakePage(
  ctx: ObjectContext,
  name: string,
  page: number,
  woken: Woken,
): Promise<void> {
  const key = KEYS.awaiting(name, page);
  for (const awakeable of (await ctx.get<string[]>(key)) ?? []) {
    ctx.resolveAwakeable(awakeable, woken);
  }
  ctx.clear(key);
}

const jobEnded = (jobId: string) => unwoken("JOB_ENDED", `Job "${jobId}" has ended.`);

function unwoken(code: CallErrorCode, message: string): Woken {
  return { ok: false, code, message };
}

import { InvocationIdParser, type ObjectContext } from "@restatedev/restate-sdk";
import { sendTimer } from "../wire/calls.ts";
import type { JobEvent } from "./core/reducer.ts";
import { takesAppends } from "./core/seal.ts";
import type { JobState } from "./core/state.ts";
import { KEYS } from "./state-keys.ts";

/** A clock of a job: `start` ends its delay, the others end its patience. */
export interface JobTimer {
  readonly kind: "start" | "deadline" | "sealBy";
  readonly epoch: string;
  readonly generation: number;
}

/** Starts the clocks of a job that was submitted now. */
export async function startTimers(ctx: ObjectContext, state: JobState): Promise<void> {
  const { delayMs, deadlineMs, open, sealByMs } = state.plan;
  if (delayMs > 0) await startTimer(ctx, state, "start", delayMs);
  if (deadlineMs !== null) await startTimer(ctx, state, "deadline", delayMs + deadlineMs);
  if (open) await startTimer(ctx, state, "sealBy", delayMs + sealByMs);
}

export async function startTimer(
  ctx: ObjectContext,
  { epoch, generation }: JobState,
  kind: JobTimer["kind"],
  delayMs: number,
): Promise<void> {
  const timer = sendTimer(ctx, ctx.key, { kind, epoch, generation }, delayMs);
  const running = await ctx.get<Timers>(KEYS.timers);
  ctx.set(KEYS.timers, { ...running, [kind]: await timer.invocationId });
}

/** Stops the clocks of a job that has ended, but for the one that ended it: it would cancel itself. */
export async function stopTimers(ctx: ObjectContext, { plan }: JobState): Promise<void> {
  if (plan.delayMs === 0 && plan.deadlineMs === null && !plan.open) return;
  const running = Object.values((await ctx.get<Timers>(KEYS.timers)) ?? {});
  const others = running.filter((id) => id !== ctx.request().id);
  for (const id of others) ctx.cancel(InvocationIdParser.fromString(id));
  ctx.clear(KEYS.timers);
}

/** What a clock that has run down means; null: nothing any more, a number: it is early by so many milliseconds. */
export function timerEvent(
  state: JobState,
  { kind, generation }: JobTimer,
  at: number,
): JobEvent | number | null {
  switch (kind) {
    case "start":
      return state.isScheduled ? { type: "start", at } : null;
    case "deadline":
      if (generation !== state.generation) return null;
      return { type: "stop", at, as: "FAILED", reason: "deadline exceeded" };
    case "sealBy": {
      if (!takesAppends(state)) return null;
      const early = state.fedAt + state.plan.sealByMs - at;
      if (early > 0) return early;
      if (state.plan.sealPolicy === "fail") {
        return { type: "stop", at, as: "FAILED", reason: "seal overdue" };
      }
      return { type: "feed", at, segments: [], slices: 0, seal: true };
    }
  }
}

// --- internal ---

type Timers = Partial<Record<JobTimer["kind"], string>>;

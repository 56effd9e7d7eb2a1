import * as restate from "@restatedev/restate-sdk";
import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import type { JobOutcome } from "../../contract/job-outcome.ts";
import type { ControlAnswer } from "../../contract/handlers.ts";
import { jobNotFound, refusal } from "../../failure.ts";
import { LIMITS } from "../../contract/limits.ts";
import type { DroppedRequest, SliceRequest, Waiter } from "../../wire/calls.ts";
import { linesSerde, type Lines } from "../../wire/lines.ts";
import {
  hasEnded,
  type BegunChunk,
  type ChunkReport,
  type FreedChunk,
  type JobState,
} from "../core/state.ts";
import { controlAnswer } from "../core/views.ts";
import type { Folded } from "../core/fold/user-fold.ts";
import type { Engine } from "../engine.ts";
import { droppedLines } from "../dropped-lines.ts";
import { forget } from "../forget.ts";
import { jobOutcome } from "../outcome.ts";
import { reopened, type Reopening } from "../redrive.ts";
import { KEYS, loadJob } from "../state-keys.ts";
import { step } from "../step.ts";
import { SLICE } from "../submit.ts";
import { startTimer, timerEvent, type JobTimer } from "../timers.ts";
import { takeProgress } from "./custom-status.ts";
import { PRIVATE } from "./options.ts";

/** What Fanfold says to a job. */
export function internalHandlers({ publicUrl }: Engine) {
  return {
    report: restate.handlers.object.exclusive(
      PRIVATE,
      async (ctx: ObjectContext, report: ChunkReport): Promise<void> => {
        const job = await ctx.get<JobState>(KEYS.job);
        if (!job) return;
        takeProgress(ctx, job, report);
        await step(ctx, job, { type: "report", report }, publicUrl);
      },
    ),

    begun: restate.handlers.object.exclusive(
      PRIVATE,
      async (ctx: ObjectContext, begun: BegunChunk): Promise<void> => {
        const job = await ctx.get<JobState>(KEYS.job);
        if (job) await step(ctx, job, { type: "begun", begun }, publicUrl);
      },
    ),

    freed: restate.handlers.object.exclusive(
      PRIVATE,
      async (ctx: ObjectContext, freed: FreedChunk): Promise<void> => {
        const job = await ctx.get<JobState>(KEYS.job);
        if (job) await step(ctx, job, { type: "freed", freed }, publicUrl);
      },
    ),

    timer: restate.handlers.object.exclusive(
      PRIVATE,
      async (ctx: ObjectContext, timer: JobTimer): Promise<void> => {
        const job = await ctx.get<JobState>(KEYS.job);
        if (!job || job.epoch !== timer.epoch || hasEnded(job)) return;
        const event = timerEvent(job, timer, await ctx.date.now());
        if (typeof event === "number") await startTimer(ctx, job, timer.kind, event);
        else if (event) await step(ctx, job, event, publicUrl);
      },
    ),

    /** Begins a new generation with the tasks that `redrive` has found. */
    reopen: restate.handlers.object.exclusive(
      PRIVATE,
      async (ctx: ObjectContext, reopening: Reopening): Promise<ControlAnswer> => {
        const job = await loadJob(ctx);
        if (job.epoch !== reopening.epoch) throw jobNotFound(ctx.key);
        if (!hasEnded(job) || job.generation !== reopening.generation) {
          throw refusal("JOB_RUNNING", `Job "${ctx.key}" was redriven meanwhile.`);
        }
        const at = await ctx.date.now();
        const stages = await reopened(ctx, job, reopening);
        const { folds, readsOn } = reopening;
        const event = { type: "redrive", at, stages, folds, readsOn } as const;
        const after = await step(ctx, job, event, publicUrl);
        const { deadlineMs } = after.plan;
        if (deadlineMs !== null && !hasEnded(after)) {
          await startTimer(ctx, after, "deadline", deadlineMs);
        }
        return controlAnswer(ctx.key, after);
      },
    ),

    folded: restate.handlers.object.exclusive(
      PRIVATE,
      async (ctx: ObjectContext, folded: Folded): Promise<void> => {
        const job = await ctx.get<JobState>(KEYS.job);
        if (job) await step(ctx, job, { type: "folded", folded }, publicUrl);
      },
    ),

    wait: restate.handlers.object.exclusive(
      PRIVATE,
      async (ctx: ObjectContext, { epoch, id, leaves }: Waiter): Promise<void> => {
        const job = await ctx.get<JobState>(KEYS.job);
        if (job?.epoch !== epoch || hasEnded(job)) return ctx.resolveAwakeable(id, null);
        const waiters = (await ctx.get<string[]>(KEYS.waiters)) ?? [];
        const others = waiters.filter((waiter) => waiter !== id);
        return ctx.set(KEYS.waiters, leaves ? others : [...others, id]);
      },
    ),

    ended: restate.handlers.object.shared(
      PRIVATE,
      async (ctx: ObjectSharedContext, epoch: string): Promise<JobOutcome> => {
        const job = await loadJob(ctx);
        if (job.epoch !== epoch) throw jobNotFound(ctx.key);
        return jobOutcome(ctx, job, publicUrl);
      },
    ),

    items: restate.handlers.object.shared(
      { ...PRIVATE, output: SLICE },
      async (ctx: ObjectSharedContext, { slice, offset, count }: SliceRequest) => {
        const stored = await ctx.get<Lines<{ as: string }>>(KEYS.slice(slice), SLICE);
        if (!stored) throw jobNotFound(ctx.key);
        return { head: stored.head, lines: stored.lines.slice(offset, offset + count) };
      },
    ),

    dropped: restate.handlers.object.shared(
      { ...PRIVATE, output: linesSerde<null>() },
      async (ctx: ObjectSharedContext, { epoch, stage, from, to }: DroppedRequest) => {
        const job = await loadJob(ctx);
        if (job.epoch !== epoch) throw jobNotFound(ctx.key);
        const range = { from, to, limit: LIMITS.pageOutcomes };
        return { head: null, lines: await droppedLines(ctx, job, stage, range) };
      },
    ),

    payload: restate.handlers.object.shared(
      PRIVATE,
      async (ctx: ObjectSharedContext, stage: number) => ctx.get(KEYS.payload(stage)),
    ),

    expire: restate.handlers.object.exclusive(
      PRIVATE,
      async (ctx: ObjectContext, epoch: string): Promise<void> => {
        const job = await ctx.get<JobState>(KEYS.job);
        if (job?.epoch === epoch && hasEnded(job)) forget(ctx, job);
      },
    ),
  };
}

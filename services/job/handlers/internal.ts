import * as restate from "@restatedev/restate-sdk";
import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import type { JobOutcome } from "../../contract/job-outcome.ts";
import { jobNotFound } from "../../failure.ts";
import type { SliceRequest } from "../../wire/calls.ts";
import { jsonSerde } from "../../wire/json.ts";
import type { Lines } from "../../wire/lines.ts";
import type { Folded } from "../core/fold/user-fold.ts";
import type { ChunkReport, JobState } from "../core/state.ts";
import type { Engine } from "../engine.ts";
import { forget } from "../forget.ts";
import { jobOutcome } from "../outcome.ts";
import { KEYS, loadJob } from "../state-keys.ts";
import { step } from "../step.ts";
import { SLICE } from "../submit.ts";

/** What Fanfold says to a job. */
export function internalHandlers({ publicUrl }: Engine) {
  return {
    report: restate.handlers.object.exclusive(
      PRIVATE,
      async (ctx: ObjectContext, report: ChunkReport): Promise<void> => {
        const job = await ctx.get<JobState>(KEYS.job);
        if (job) await step(ctx, job, { type: "report", report }, publicUrl);
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
      async (ctx: ObjectContext, { id, leaves }: { id: string; leaves?: true }) => {
        const job = await ctx.get<JobState>(KEYS.job);
        const waiters = (await ctx.get<string[]>(KEYS.waiters)) ?? [];
        if (leaves)
          return ctx.set(
            KEYS.waiters,
            waiters.filter((waiter) => waiter !== id),
          );
        if (job?.status === "RUNNING") return ctx.set(KEYS.waiters, [...waiters, id]);
        return ctx.resolveAwakeable(id, null);
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

    payload: restate.handlers.object.shared(
      PRIVATE,
      async (ctx: ObjectSharedContext, stage: number) => ctx.get(KEYS.payload(stage)),
    ),

    expire: restate.handlers.object.exclusive(
      PRIVATE,
      async (ctx: ObjectContext, epoch: string): Promise<void> => {
        const job = await ctx.get<JobState>(KEYS.job);
        if (job?.epoch === epoch && job.status !== "RUNNING") forget(ctx, job);
      },
    ),
  };
}

// --- internal ---

const PRIVATE = { ingressPrivate: true, input: jsonSerde<never>() } as const;

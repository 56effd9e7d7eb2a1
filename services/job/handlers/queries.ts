import * as restate from "@restatedev/restate-sdk";
import { RestatePromise, type ObjectSharedContext } from "@restatedev/restate-sdk";
import { durationMs } from "../../contract/duration.ts";
import {
  Nothing,
  OutcomeRequest,
  ResultsRequest,
  TimelineRequest,
} from "../../contract/handlers.ts";
import type { JobOutcome } from "../../contract/job-outcome.ts";
import { LIMITS } from "../../contract/limits.ts";
import { invalidField, refusal } from "../../failure.ts";
import { bodySerde, checkJobId, readBody, type Body } from "../../wire/body.ts";
import { endedOutcome, sendWaiter } from "../../wire/calls.ts";
import type { JobState } from "../core/state.ts";
import { blockers, jobStatus } from "../core/views.ts";
import type { Engine } from "../engine.ts";
import { foldViews } from "../folds.ts";
import { jobOutcome } from "../outcome.ts";
import { resultsPage, timelinePage, verifyJob } from "../read.ts";
import { loadJob } from "../state-keys.ts";
import { UNRETAINED, WAITING } from "./options.ts";

/** What is asked of a job. */
export function queryHandlers({ publicUrl }: Engine) {
  return {
    status: restate.handlers.object.shared(
      { input: bodySerde(Nothing), ...UNRETAINED },
      async (ctx: ObjectSharedContext, body: Body) => {
        checkJobId(ctx.key);
        readBody(Nothing, body);
        const job = await loadJob(ctx);
        return jobStatus(ctx.key, job, await foldViews(ctx, job));
      },
    ),

    why: restate.handlers.object.shared(
      { input: bodySerde(Nothing), ...UNRETAINED },
      async (ctx: ObjectSharedContext, body: Body) => {
        checkJobId(ctx.key);
        readBody(Nothing, body);
        const job = await loadJob(ctx);
        return { blockers: blockers(job, await ctx.date.now()) };
      },
    ),

    outcome: restate.handlers.object.shared(
      { input: bodySerde(OutcomeRequest), ...UNRETAINED, ...WAITING },
      async (ctx: ObjectSharedContext, body: Body): Promise<JobOutcome> => {
        checkJobId(ctx.key);
        const { wait = LIMITS.waitMs, generation } = readBody(OutcomeRequest, body);
        const job = await loadJob(ctx);
        if (generation !== undefined && generation !== job.generation) {
          throw invalidField(
            "generation",
            `is not one of this job's, which is at ${job.generation}`,
          );
        }
        if (job.status !== "RUNNING") return jobOutcome(ctx, job, publicUrl);
        return waitForOutcome(ctx, job, durationMs(wait));
      },
    ),

    results: restate.handlers.object.shared(
      { input: bodySerde(ResultsRequest), ...UNRETAINED },
      async (ctx: ObjectSharedContext, body: Body) => {
        checkJobId(ctx.key);
        const request = readBody(ResultsRequest, body);
        return resultsPage(ctx, ctx.key, await loadJob(ctx), request);
      },
    ),

    timeline: restate.handlers.object.shared(
      { input: bodySerde(TimelineRequest), ...UNRETAINED },
      async (ctx: ObjectSharedContext, body: Body) => {
        checkJobId(ctx.key);
        const request = readBody(TimelineRequest, body);
        return timelinePage(ctx, ctx.key, await loadJob(ctx), request);
      },
    ),

    verify: restate.handlers.object.shared(
      { input: bodySerde(Nothing), ...UNRETAINED },
      async (ctx: ObjectSharedContext, body: Body) => {
        checkJobId(ctx.key);
        readBody(Nothing, body);
        return verifyJob(ctx, ctx.key, await loadJob(ctx));
      },
    ),
  };
}

// --- internal ---

async function waitForOutcome(
  ctx: ObjectSharedContext,
  job: JobState,
  waitMs: number,
): Promise<JobOutcome> {
  const { id, promise } = ctx.awakeable<JobOutcome | null>();
  sendWaiter(ctx, ctx.key, { id });
  const woken = promise.map((outcome) => ({ outcome }));
  const first = await RestatePromise.race([woken, ctx.sleep(waitMs).map(() => null)]);
  if (!first) {
    sendWaiter(ctx, ctx.key, { id, leaves: true });
    throw refusal("STILL_RUNNING", `Job "${ctx.key}" has not ended after ${waitMs} ms.`);
  }
  return first.outcome ?? endedOutcome(ctx, ctx.key, job.epoch);
}

import * as restate from "@restatedev/restate-sdk";
import { RestatePromise, type ObjectSharedContext } from "@restatedev/restate-sdk";
import { durationMs } from "../../contract/duration.ts";
import {
  Nothing,
  OutcomeRequest,
  RedriveRequest,
  ResultsRequest,
  TimelineRequest,
  type ControlAnswer,
} from "../../contract/handlers.ts";
import type { JobOutcome } from "../../contract/job-outcome.ts";
import { LIMITS } from "../../contract/limits.ts";
import { invalidField, refusal } from "../../failure.ts";
import { bodySerde, checkJobId, readBody, type Body } from "../../wire/body.ts";
import { endedOutcome, reopenJob, sendWaiter } from "../../wire/calls.ts";
import { hasEnded, type JobState } from "../core/state.ts";
import { blockers, jobStatus } from "../core/views.ts";
import type { Engine } from "../engine.ts";
import { findTasks } from "../redrive.ts";
import { asides } from "../asides.ts";
import { eventBlockers } from "../events.ts";
import { foldViews } from "../folds.ts";
import { jobOutcome } from "../outcome.ts";
import { timelinePage, verifyJob } from "../read.ts";
import { resultsPage } from "../results.ts";
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
        const folds = await foldViews(ctx, job);
        return { ...jobStatus(ctx.key, job, folds), ...(await asides(ctx, job)) };
      },
    ),

    why: restate.handlers.object.shared(
      { input: bodySerde(Nothing), ...UNRETAINED },
      async (ctx: ObjectSharedContext, body: Body) => {
        checkJobId(ctx.key);
        readBody(Nothing, body);
        const job = await loadJob(ctx);
        const events = await eventBlockers(ctx, job);
        return { blockers: [...blockers(job, await ctx.date.now()), ...events] };
      },
    ),

    outcome: restate.handlers.object.shared(
      {
        input: bodySerde(OutcomeRequest),
        ...UNRETAINED,
        ...WAITING,
        explicitCancellation: false,
      },
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
        if (hasEnded(job)) return jobOutcome(ctx, job, publicUrl);
        return waitForOutcome(ctx, job, durationMs(wait));
      },
    ),

    redrive: restate.handlers.object.shared(
      { input: bodySerde(RedriveRequest), ...UNRETAINED },
      async (ctx: ObjectSharedContext, body: Body): Promise<ControlAnswer> => {
        checkJobId(ctx.key);
        const request = readBody(RedriveRequest, body);
        const job = await loadJob(ctx);
        return reopenJob(ctx, ctx.key, await findTasks(ctx, job, request));
      },
    ),

    results: restate.handlers.object.shared(
      { input: bodySerde(ResultsRequest), ...UNRETAINED },
      async (ctx: ObjectSharedContext, body: Body) => {
        checkJobId(ctx.key);
        const request = readBody(ResultsRequest, body);
        return resultsPage(ctx, await loadJob(ctx), request);
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
  sendWaiter(ctx, ctx.key, { epoch: job.epoch, id });
  const woken = promise.map((outcome) => ({ outcome }));
  const first = await RestatePromise.race([woken, ctx.sleep(waitMs).map(() => null)]);
  if (!first) {
    sendWaiter(ctx, ctx.key, { epoch: job.epoch, id, leaves: true });
    throw refusal("STILL_RUNNING", `Job "${ctx.key}" has not ended after ${waitMs} ms.`);
  }
  return first.outcome ?? endedOutcome(ctx, ctx.key, job.epoch);
}

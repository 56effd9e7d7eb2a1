import * as restate from "@restatedev/restate-sdk";
import type { ObjectContext } from "@restatedev/restate-sdk";
import {
  CancelRequest,
  Nothing,
  SetLimitsRequest,
  type ControlAnswer,
} from "../../contract/handlers.ts";
import { invalidField, refusal } from "../../failure.ts";
import { bodySerde, checkJobId, readBody, type Body } from "../../wire/body.ts";
import { controlAnswer } from "../core/views.ts";
import { ratePlan } from "../core/plan.ts";
import type { JobEvent } from "../core/reducer.ts";
import { hasEnded, type JobState } from "../core/state.ts";
import type { Engine } from "../engine.ts";
import { loadJob } from "../state-keys.ts";
import { step } from "../step.ts";
import { UNRETAINED } from "./options.ts";

/** What an operator does to a running job. Repeating what is already so changes nothing. */
export function lifecycleHandlers({ publicUrl }: Engine) {
  const pauseOrResume = (type: "pause" | "resume") =>
    restate.handlers.object.exclusive(
      { input: bodySerde(Nothing), ...UNRETAINED },
      async (ctx: ObjectContext, body: Body): Promise<ControlAnswer> => {
        checkJobId(ctx.key);
        readBody(Nothing, body);
        const job = await loadRunning(ctx);
        if (job.isPaused === (type === "pause") || job.stop) return controlAnswer(ctx.key, job);
        return change(ctx, job, { type, at: await ctx.date.now() });
      },
    );

  const change = async (ctx: ObjectContext, job: JobState, event: JobEvent) =>
    controlAnswer(ctx.key, await step(ctx, job, event, publicUrl));

  return {
    pause: pauseOrResume("pause"),
    resume: pauseOrResume("resume"),

    cancel: restate.handlers.object.exclusive(
      { input: bodySerde(CancelRequest), ...UNRETAINED },
      async (ctx: ObjectContext, body: Body): Promise<ControlAnswer> => {
        checkJobId(ctx.key);
        const { reason = "cancelled" } = readBody(CancelRequest, body);
        const job = await loadJob(ctx);
        if (job.status === "CANCELLED" || (job.stop && !hasEnded(job))) {
          return controlAnswer(ctx.key, job);
        }
        if (hasEnded(job)) throw refusal("JOB_ENDED", `Job "${ctx.key}" has ended.`);
        return change(ctx, job, {
          type: "stop",
          at: await ctx.date.now(),
          as: "CANCELLED",
          reason,
        });
      },
    ),

    setLimits: restate.handlers.object.exclusive(
      { input: bodySerde(SetLimitsRequest), ...UNRETAINED },
      async (ctx: ObjectContext, body: Body): Promise<ControlAnswer> => {
        checkJobId(ctx.key);
        const { stage, concurrency, rate } = readBody(SetLimitsRequest, body);
        const job = await loadRunning(ctx);
        if (stage !== undefined && stage >= job.stages.length) {
          throw invalidField("stage", `must be below ${job.stages.length}`);
        }
        const stages = stage === undefined ? [...job.stages.keys()] : [stage];
        const limits = {
          ...(concurrency === undefined ? {} : { concurrency }),
          ...(rate === undefined ? {} : { rate: ratePlan(rate) }),
        };
        return change(ctx, job, { type: "limits", at: await ctx.date.now(), stages, limits });
      },
    ),
  };
}

// --- internal ---

async function loadRunning(ctx: ObjectContext): Promise<JobState> {
  const job = await loadJob(ctx);
  if (hasEnded(job)) throw refusal("JOB_ENDED", `Job "${ctx.key}" has ended.`);
  return job;
}

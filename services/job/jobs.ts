import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import { ListRequest, type JobPage } from "../contract/job-list.ts";
import type { JobHandle, PlanAnswer } from "../contract/handlers.ts";
import type { JobOutcome } from "../contract/job-outcome.ts";
import { JobRequest, NewJobRequest, RunRequest } from "../contract/job-request.ts";
import { checkReceivers } from "../notify/receivers.ts";
import { listJobs } from "../listing/list-jobs.ts";
import { bodySerde, readBody, type Body } from "../wire/body.ts";
import { awaitOutcome, submitJob } from "../wire/calls.ts";
import { planAnswer } from "./core/plan-answer.ts";
import { checkHandlers } from "./check-handlers.ts";
import type { Engine } from "./engine.ts";
import { UNRETAINED, WAITING } from "./handlers/options.ts";
import { followSubJob } from "./sub-job.ts";
import { checkRequest } from "./submit.ts";

/** The way in for who has no id for a job, and what concerns no single job. */
export function createJobsService(engine: Engine) {
  const { findAction } = engine;
  return restate.service({
    name: "Jobs",
    handlers: {
      submit: restate.handlers.handler(
        { input: bodySerde(NewJobRequest), ...RETAINED },
        async (ctx: Context, body: Body): Promise<JobHandle> => {
          const { jobId = ctx.rand.uuidv4(), ...request } = readBody(NewJobRequest, body);
          return submitJob(ctx, jobId, request);
        },
      ),

      run: restate.handlers.handler(
        { input: bodySerde(RunRequest), ...WAITING, ...RETAINED },
        async (ctx: Context, body: Body): Promise<JobOutcome> => {
          const { jobId = ctx.rand.uuidv4(), wait, ...request } = readBody(RunRequest, body);
          await submitJob(ctx, jobId, request);
          return awaitOutcome(ctx, jobId, wait === undefined ? {} : { wait });
        },
      ),

      /** For `runJob` in handlers; who calls it knows the job by nothing else. */
      runSubJob: restate.handlers.handler(
        {
          input: bodySerde(NewJobRequest),
          ...WAITING,
          ingressPrivate: true,
          explicitCancellation: true,
        },
        async (ctx: Context, body: Body): Promise<JobOutcome> => {
          const { jobId = ctx.rand.uuidv4(), ...request } = readBody(NewJobRequest, body);
          return followSubJob(ctx, jobId, request);
        },
      ),

      plan: restate.handlers.handler(
        { input: bodySerde(JobRequest), idempotencyRetention: 0 },
        async (ctx: Context, body: Body): Promise<PlanAnswer> => {
          const request = readBody(JobRequest, body);
          checkRequest(request, engine);
          checkReceivers(request, engine);
          await checkHandlers(ctx, request, engine);
          return planAnswer(request, findAction);
        },
      ),

      list: restate.handlers.handler(
        { input: bodySerde(ListRequest), ...UNRETAINED },
        async (ctx: Context, body: Body): Promise<JobPage> =>
          listJobs(ctx, readBody(ListRequest, body)),
      ),
    },
  });
}

// --- internal ---

/** The ingress keeps answers for calls that repeat their `idempotency-key`. */
const RETAINED = { idempotencyRetention: { hours: 1 } } as const;

import * as restate from "@restatedev/restate-sdk";
import {
  InvocationIdParser,
  RestatePromise,
  type ObjectContext,
  type ObjectSharedContext,
} from "@restatedev/restate-sdk";
import { durationMs } from "../contract/duration.ts";
import { fanoutTasks } from "../contract/fanout.ts";
import {
  AppendRequest,
  Nothing,
  OutcomeRequest,
  ResultsRequest,
  TimelineRequest,
  type AppendAnswer,
  type ControlAnswer,
} from "../contract/handlers.ts";
import type { JobOutcome } from "../contract/job-outcome.ts";
import { JobRequest } from "../contract/job-request.ts";
import { LIMITS } from "../contract/limits.ts";
import { invalidField, jobNotFound, refusal } from "../failure.ts";
import { bodySerde, checkJobId, readBody, type Body } from "../wire/body.ts";
import { endedOutcome, sendSweep, sendWaiter, type SliceRequest } from "../wire/calls.ts";
import { jsonSerde } from "../wire/json.ts";
import type { Lines } from "../wire/lines.ts";
import { digest, type FindAction, requestHash } from "./core/plan.ts";
import type { ChunkReport, JobState } from "./core/state.ts";
import { blockers, jobStatus } from "./core/views.ts";
import { jobHandle } from "./handle.ts";
import { jobOutcome } from "./outcome.ts";
import { resultsPage, timelinePage, verifyJob } from "./read.ts";
import { KEYS, loadJob } from "./state-keys.ts";
import { blocksOf, step } from "./step.ts";
import { checkAppend, checkRequest, createJob, feed, SLICE, type KnownAppend } from "./submit.ts";

export interface Engine {
  readonly findAction: FindAction;
  /** what the links in answers begin with */
  readonly publicUrl: string;
}

/** One job: its counts, its stages, and every question about it. Key: the job's id. */
export function createJobObject({ findAction, publicUrl }: Engine) {
  return restate.object({
    name: "Job",
    handlers: {
      submit: restate.handlers.object.exclusive(
        { input: bodySerde(JobRequest), ...UNRETAINED },
        async (ctx: ObjectContext, body: Body) => {
          checkJobId(ctx.key);
          const request = readBody(JobRequest, body);
          const existing = await ctx.get<JobState>(KEYS.job);
          const handle = jobHandle(publicUrl, ctx.key);
          if (existing?.hash === requestHash(request)) return handle;
          if (existing) throw refusal("JOB_CONFLICT", `Another job "${ctx.key}" exists.`);
          checkRequest(request, findAction);
          const at = await ctx.date.now();
          const job = createJob(ctx, request, { findAction, at });
          const { fanout, open = false } = request;
          await step(ctx, job, feed(ctx, job, { fanout, seal: !open, at }), publicUrl);
          return handle;
        },
      ),

      append: restate.handlers.object.exclusive(
        { input: bodySerde(AppendRequest), ...UNRETAINED },
        async (ctx: ObjectContext, body: Body): Promise<AppendAnswer> => {
          checkJobId(ctx.key);
          const request = readBody(AppendRequest, body);
          const job = await loadJob(ctx);
          const { fanout, appendId } = request;
          const hash = digest(fanout);
          const known = appendId ? await ctx.get<KnownAppend>(KEYS.append(appendId)) : null;
          if (known?.hash === hash) return known.answer;
          if (known) {
            const message = `Append "${appendId}" was used with other content.`;
            throw refusal("APPEND_CONFLICT", message);
          }
          checkAppend(ctx.key, job, request);
          const at = await ctx.date.now();
          const event = feed(ctx, job, { fanout, seal: false, at });
          const after = await step(ctx, job, event, publicUrl);
          const accepted = fanoutTasks(fanout) ?? 0;
          const answer = { accepted, total: after.stages[0]!.total };
          if (appendId) ctx.set(KEYS.append(appendId), { hash, answer });
          return answer;
        },
      ),

      seal: restate.handlers.object.exclusive(
        { input: bodySerde(Nothing), ...UNRETAINED },
        async (ctx: ObjectContext, body: Body): Promise<ControlAnswer> => {
          checkJobId(ctx.key);
          readBody(Nothing, body);
          const job = await loadJob(ctx);
          if (job.stages[0]!.sealed) return controlAnswer(ctx.key, job);
          const at = await ctx.date.now();
          const event = feed(ctx, job, { fanout: undefined, seal: true, at });
          return controlAnswer(ctx.key, await step(ctx, job, event, publicUrl));
        },
      ),

      status: restate.handlers.object.shared(
        { input: bodySerde(Nothing), ...UNRETAINED },
        async (ctx: ObjectSharedContext, body: Body) => {
          checkJobId(ctx.key);
          readBody(Nothing, body);
          return jobStatus(ctx.key, await loadJob(ctx));
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

      purge: restate.handlers.object.exclusive(
        { input: bodySerde(Nothing), ...UNRETAINED },
        async (ctx: ObjectContext, body: Body): Promise<ControlAnswer> => {
          checkJobId(ctx.key);
          readBody(Nothing, body);
          const job = await loadJob(ctx);
          if (job.status === "RUNNING") {
            throw refusal("JOB_RUNNING", `Job "${ctx.key}" has not ended.`);
          }
          const timer = await ctx.get<string>(KEYS.expiry);
          if (timer) ctx.cancel(InvocationIdParser.fromString(timer));
          forget(ctx, job);
          return controlAnswer(ctx.key, job);
        },
      ),

      // From here on Fanfold talks to itself.

      report: restate.handlers.object.exclusive(
        PRIVATE,
        async (ctx: ObjectContext, report: ChunkReport): Promise<void> => {
          const job = await ctx.get<JobState>(KEYS.job);
          if (job) await step(ctx, job, { type: "report", report }, publicUrl);
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
    },
  });
}

// --- internal ---

/** Nothing is kept of a call: all of them can be repeated. */
const UNRETAINED = { idempotencyRetention: 0, journalRetention: 0 } as const;

const PRIVATE = { ingressPrivate: true, input: jsonSerde<never>() } as const;

/** Thousands may wait: each gives its place up soon, and comes back when it is woken. */
const WAITING =
  process.env["FANFOLD_TEST_SUSPEND"] === "1" ? {} : ({ inactivityTimeout: 500 } as const);

function controlAnswer(jobId: string, { status, generation }: JobState): ControlAnswer {
  return { jobId, status, generation };
}

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

/** The job's own state goes at once, what its chunks stored follows. */
function forget(ctx: ObjectContext, job: JobState): void {
  sendSweep(ctx, { jobId: ctx.key, epoch: job.epoch, blocks: blocksOf(job), stage: 0, block: 0 });
  ctx.clearAll();
}

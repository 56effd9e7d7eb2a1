import * as restate from "@restatedev/restate-sdk";
import { InvocationIdParser, type ObjectContext } from "@restatedev/restate-sdk";
import { fanoutTasks } from "../../contract/fanout.ts";
import {
  AppendRequest,
  Nothing,
  type AppendAnswer,
  type ControlAnswer,
} from "../../contract/handlers.ts";
import { JobRequest } from "../../contract/job-request.ts";
import { refusal } from "../../failure.ts";
import { checkReceivers } from "../../notify/receivers.ts";
import { bodySerde, checkJobId, readBody, type Body } from "../../wire/body.ts";
import { digest, requestHash } from "../core/plan.ts";
import { takesAppends } from "../core/seal.ts";
import { controlAnswer } from "../core/views.ts";
import { hasEnded, type JobState } from "../core/state.ts";
import type { Engine } from "../engine.ts";
import { forget } from "../forget.ts";
import { jobHandle } from "../handle.ts";
import { KEYS, loadJob } from "../state-keys.ts";
import { step } from "../step.ts";
import { checkHandlers } from "../check-handlers.ts";
import { checkAppend, checkRequest, createJob, feed, type KnownAppend } from "../submit.ts";
import { startTimers } from "../timers.ts";
import { UNRETAINED } from "./options.ts";

/** What changes a job. */
export function controlHandlers(engine: Engine) {
  const { findAction, publicUrl } = engine;
  return {
    submit: restate.handlers.object.exclusive(
      { input: bodySerde(JobRequest), ...UNRETAINED },
      async (ctx: ObjectContext, body: Body) => {
        checkJobId(ctx.key);
        const request = readBody(JobRequest, body);
        const existing = await ctx.get<JobState>(KEYS.job);
        const handle = jobHandle(publicUrl, ctx.key);
        if (existing?.hash === requestHash(request)) return handle;
        if (existing) throw refusal("JOB_CONFLICT", `Another job "${ctx.key}" exists.`);
        checkRequest(request, engine);
        checkReceivers(request, engine);
        await checkHandlers(ctx, request, engine);
        const at = await ctx.date.now();
        const job = createJob(ctx, request, { findAction, at });
        const { fanout, open = false } = request;
        await startTimers(ctx, job);
        const event = feed(ctx, job, { fanout, seal: !open, at });
        await step(ctx, job, event, publicUrl);
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
        if (!takesAppends(job)) return controlAnswer(ctx.key, job);
        const at = await ctx.date.now();
        const event = feed(ctx, job, { fanout: undefined, seal: true, at });
        return controlAnswer(ctx.key, await step(ctx, job, event, publicUrl));
      },
    ),

    purge: restate.handlers.object.exclusive(
      { input: bodySerde(Nothing), ...UNRETAINED },
      async (ctx: ObjectContext, body: Body): Promise<ControlAnswer> => {
        checkJobId(ctx.key);
        readBody(Nothing, body);
        const job = await loadJob(ctx);
        if (!hasEnded(job)) {
          throw refusal("JOB_RUNNING", `Job "${ctx.key}" has not ended.`);
        }
        const timer = await ctx.get<string>(KEYS.expiry);
        if (timer) ctx.cancel(InvocationIdParser.fromString(timer));
        forget(ctx, job);
        return controlAnswer(ctx.key, job);
      },
    ),
  };
}

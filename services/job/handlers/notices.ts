import * as restate from "@restatedev/restate-sdk";
import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import type { Completion } from "../../contract/completion.ts";
import { jobNotFound } from "../../failure.ts";
import type { CompletionRequest, NoticeReport } from "../../wire/calls.ts";
import { withNews, type Notice } from "../core/notices.ts";
import type { JobState } from "../core/state.ts";
import type { Engine } from "../engine.ts";
import { jobOutcome, stageOutcome } from "../outcome.ts";
import { KEYS, loadJob } from "../state-keys.ts";
import { PRIVATE } from "./options.ts";

/** What Notify asks a job, and says to it. */
export function noticeHandlers({ publicUrl }: Engine) {
  return {
    completion: restate.handlers.object.shared(
      PRIVATE,
      async (
        ctx: ObjectSharedContext,
        { epoch, generation, stage }: CompletionRequest,
      ): Promise<Completion | null> => {
        const job = await loadJob(ctx);
        if (job.epoch !== epoch) throw jobNotFound(ctx.key);
        if (job.generation !== generation) return null;
        if (stage === null) {
          const data = await jobOutcome(ctx, job, publicUrl);
          return { type: "job.completed", timestamp: isoTime(data.completedAt), data };
        }
        const data = { jobId: ctx.key, generation, stage: await stageOutcome(ctx, job, stage) };
        const { endedAt } = job.stages[stage]!;
        return { type: "stage.completed", timestamp: isoTime(endedAt ?? job.updatedAt), data };
      },
    ),

    notified: restate.handlers.object.exclusive(
      PRIVATE,
      async (ctx: ObjectContext, { epoch, ...news }: NoticeReport): Promise<void> => {
        const job = await ctx.get<JobState>(KEYS.job);
        const notices = await ctx.get<Notice[]>(KEYS.notices);
        if (job?.epoch === epoch && notices) ctx.set(KEYS.notices, withNews(notices, news));
      },
    ),
  };
}

// --- internal ---

const isoTime = (at: number) => new Date(at).toISOString();

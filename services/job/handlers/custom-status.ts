import * as restate from "@restatedev/restate-sdk";
import type { ObjectContext } from "@restatedev/restate-sdk";
import { CustomStatusRequest, type ControlAnswer } from "../../contract/handlers.ts";
import { SOURCE } from "../../contract/task.ts";
import { bodySerde, checkJobId, readBody, type Body } from "../../wire/body.ts";
import type { TaskProgress } from "../../wire/calls.ts";
import { pageInFlight } from "../core/pages.ts";
import { chunkInFlight } from "../core/report.ts";
import { hasEnded, type ChunkReport, type JobState } from "../core/state.ts";
import { KEYS, loadLiveJob } from "../state-keys.ts";
import { controlAnswer } from "../core/views.ts";
import { PRIVATE, UNRETAINED } from "./options.ts";

export const customStatusHandlers = {
  setCustomStatus: restate.handlers.object.exclusive(
    { input: bodySerde(CustomStatusRequest), ...UNRETAINED },
    async (ctx: ObjectContext, body: Body): Promise<ControlAnswer> => {
      checkJobId(ctx.key);
      const { text } = readBody(CustomStatusRequest, body);
      const job = await loadLiveJob(ctx);
      setCustomStatus(ctx, text);
      return controlAnswer(ctx.key, job);
    },
  ),

  /** From a durable action; whatever has ended meanwhile hears nothing more. */
  progress: restate.handlers.object.exclusive(
    PRIVATE,
    async (ctx: ObjectContext, { epoch, generation, text }: TaskProgress): Promise<void> => {
      const job = await ctx.get<JobState>(KEYS.job);
      if (job?.epoch !== epoch || job.generation !== generation || hasEnded(job)) return;
      setCustomStatus(ctx, text);
    },
  ),
};

/** Takes over what the tasks of a chunk said, unless the report is an old one. */
export function takeProgress(ctx: ObjectContext, job: JobState, report: ChunkReport): void {
  const { stage, seq, progress } = report;
  if (progress === undefined) return;
  const known = stage === SOURCE ? pageInFlight(job, report) : chunkInFlight(job, report);
  if (known && known.seq < seq) setCustomStatus(ctx, progress);
}

// --- internal ---

function setCustomStatus(ctx: ObjectContext, text: string | null): void {
  if (text) ctx.set(KEYS.customStatus, text);
  else ctx.clear(KEYS.customStatus);
}

import { CancelledError, TerminalError, type Context } from "@restatedev/restate-sdk";
import { z } from "zod";
import type { Completion } from "../contract/completion.ts";
import type { JobOutcome } from "../contract/job-outcome.ts";
import { JobId, type JobRequest } from "../contract/job-request.ts";
import { TaskError } from "../contract/task.ts";
import { digest } from "../job/core/plan.ts";
import {
  awaitOutcome,
  sendFollow,
  sendNotified,
  submitJob,
  type FollowRequest,
  type NoticePlace,
} from "../wire/calls.ts";
import { isRefused } from "./refused.ts";
import { undelivered } from "./undelivered.ts";

/** Runs an action that is told: as the one task of a job of its own, with every guarantee of one. */
export async function runAction(
  ctx: Context,
  place: NoticePlace,
  { action, completion }: { action: string; completion: Completion },
): Promise<void> {
  const follows = noticeJobId(place);
  const request: JobRequest = {
    action,
    payload: { outcome: completion.data },
    fanout: { tasks: 1 },
    retention: "1h",
    labels: { notifies: place.jobId },
  };
  try {
    await submitJob(ctx, follows, request);
  } catch (error) {
    if (!(error instanceof TerminalError) || error instanceof CancelledError) throw error;
    return undelivered(ctx, place, { attempts: 0, error: error.message });
  }
  sendFollow(ctx, { ...place, follows });
}

/** Waits for the end of that job, for as long as one call may wait; then another call goes on. */
export async function followAction(ctx: Context, request: FollowRequest): Promise<void> {
  const { follows, ...place } = request;
  try {
    const outcome = await awaitOutcome(ctx, follows, {});
    const attempts = outcome.receipt.retries + 1;
    if (outcome.status !== "SUCCEEDED") {
      return undelivered(ctx, place, { attempts, error: reasonOf(outcome) });
    }
    sendNotified(ctx, place, { status: "DELIVERED", attempts });
  } catch (error) {
    if (isRefused(error, "STILL_RUNNING")) return void sendFollow(ctx, request);
    if (!isRefused(error, "JOB_NOT_FOUND")) throw error;
    undelivered(ctx, place, { attempts: 0, error: `Job "${follows}" was purged.` });
  }
}

// --- internal ---

/** The same for the same notice; the end of a long one is hashed. */
function noticeJobId({ jobId, epoch, generation, stage, n }: NoticePlace): string {
  const id = `${jobId}:notify:${epoch}:${generation}:${stage ?? "job"}:${n}`;
  return JobId.safeParse(id).success ? id : `${id.slice(0, 80)}:${digest(id)}`;
}

const FailedOnly = z.tuple([z.object({ error: TaskError })]);

function reasonOf({ status, result, reason }: JobOutcome): string {
  const { data } = FailedOnly.safeParse(result);
  return data ? `${data[0].error.code}: ${data[0].error.message}` : (reason ?? status);
}

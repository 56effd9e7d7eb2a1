import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import type { Completion } from "../contract/completion.ts";
import { WAITING } from "../job/handlers/options.ts";
import { about } from "../log/about.ts";
import { drainedSteps } from "../task/drained-steps.ts";
import {
  jobCompletion,
  type FollowRequest,
  type NoticePlace,
  type NoticeRequest,
} from "../wire/calls.ts";
import { followAction, runAction } from "./by-action.ts";
import { sendWebhook, type WebhookOptions } from "./by-webhook.ts";
import { isRefused } from "./refused.ts";
import { undelivered } from "./undelivered.ts";

/** Tells one receiver of one end. The job does not wait for it; it only hears how it goes. */
export function createNotifyService(webhooks: WebhookOptions) {
  return restate.service({
    name: "Notify",
    handlers: {
      deliver: async (ctx: Context, { receiver, ...place }: NoticeRequest): Promise<void> => {
        about(ctx, place);
        const completion = await read(ctx, place);
        if (!completion) return;
        if ("webhook" in receiver) {
          await sendWebhook(ctx, place, { url: receiver.webhook, completion }, webhooks);
        } else {
          await runAction(ctx, place, { action: receiver.action, completion });
        }
      },

      follow: restate.handlers.handler(
        WAITING,
        async (ctx: Context, request: FollowRequest): Promise<void> => {
          about(ctx, request);
          return followAction(ctx, request);
        },
      ),
    },
    options: { ingressPrivate: true, hooks: [drainedSteps] },
  });
}

// --- internal ---

/** Null: there is nothing to tell any more. */
async function read(ctx: Context, place: NoticePlace): Promise<Completion | null> {
  try {
    const completion = await jobCompletion(ctx, place);
    if (!completion) {
      const error = "A later generation began before this one could be told.";
      undelivered(ctx, place, { attempts: 0, error });
    }
    return completion;
  } catch (error) {
    if (isRefused(error, "JOB_NOT_FOUND")) return null;
    throw error;
  }
}

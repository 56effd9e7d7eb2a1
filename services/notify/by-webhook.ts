import type { Context } from "@restatedev/restate-sdk";
import type { Completion } from "../contract/completion.ts";
import type { RetryPlan } from "../job/core/plan.ts";
import { retryDelay } from "../task/executor/retry.ts";
import { sendNotified, type NoticePlace } from "../wire/calls.ts";
import { undelivered } from "./undelivered.ts";
import { postWebhook, type WebhookSettings } from "./webhook.ts";

export interface WebhookOptions extends WebhookSettings {
  readonly retry: RetryPlan;
}

/** Eight attempts in about as many minutes. */
export const WEBHOOK_RETRY: RetryPlan = {
  maxAttempts: 8,
  initialMs: 1_000,
  maxMs: 300_000,
  factor: 2.6,
  jitter: true,
};

/** Posts what is told until a receiver takes it. */
export async function sendWebhook(
  ctx: Context,
  place: NoticePlace,
  { url, completion }: { url: string; completion: Completion },
  { retry, ...settings }: WebhookOptions,
): Promise<void> {
  const webhook = { id: webhookId(place), url, body: JSON.stringify(completion) };
  for (let attempts = 1; ; attempts += 1) {
    const attempted = await ctx.run(`attempt ${attempts}`, () => postWebhook(settings, webhook));
    if (attempted.ok) return void sendNotified(ctx, place, { status: "DELIVERED", attempts });
    const { error, isFinal } = attempted;
    const failure = { attempts, isFinal, retryAfterMs: null };
    const delayMs = retryDelay(retry, failure, () => ctx.rand.random());
    if (delayMs === null) return undelivered(ctx, place, { attempts, error });
    sendNotified(ctx, place, { status: "PENDING", attempts, error });
    await ctx.sleep(delayMs);
  }
}

// --- internal ---

function webhookId({ jobId, generation, epoch, stage, n }: NoticePlace): string {
  return `${jobId}/${generation}/${epoch}/${stage ?? "job"}/${n}`;
}

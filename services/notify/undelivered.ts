import type { Context } from "@restatedev/restate-sdk";
import { sendNotified, type NoticePlace } from "../wire/calls.ts";

/** Tells the job that a receiver will not hear of its end, and whoever reads the log. */
export function undelivered(
  ctx: Context,
  place: NoticePlace,
  { attempts, error }: { attempts: number; error: string },
): void {
  const { generation, n } = place;
  ctx.console.warn({ generation, receiver: n, attempts }, "A receiver was not told:", error);
  sendNotified(ctx, place, { status: "UNDELIVERED", attempts, error: error.slice(0, 200) });
}

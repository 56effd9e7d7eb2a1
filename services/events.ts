import type { Context, RestatePromise } from "@restatedev/restate-sdk";
import { EventName } from "./contract/handlers.ts";
import { invalidField, refusal } from "./failure.ts";
import { checkJobId } from "./wire/body.ts";
import { sendEventWaiter, type Woken } from "./wire/calls.ts";

/**
 * The payload of a job's event, as soon as somebody has called `raiseEvent`, be it before or after this;
 * for every Restate handler that can reach Fanfold. It rejects with `JOB_ENDED` when the job ends without
 * the event, and with `JOB_NOT_FOUND` when there is no such job.
 *
 * @example const { approved } = await waitForEvent<{ approved: boolean }>(ctx, "order-7", "reviewed");
 */
export function waitForEvent<Payload = unknown>(
  ctx: Context,
  jobId: string,
  name: string,
): RestatePromise<Payload> {
  checkJobId(jobId);
  const { error } = EventName.safeParse(name);
  if (error) throw invalidField("name", error.issues[0]?.message ?? "is no name of an event");
  const { id, promise } = ctx.awakeable<Woken<Payload>>();
  sendEventWaiter(ctx, jobId, { name, awakeable: id });
  return promise.map((woken, failure) => {
    if (woken?.ok) return woken.payload;
    if (woken) throw refusal(woken.code, woken.message);
    throw failure;
  });
}

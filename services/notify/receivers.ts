import type { JobRequest, Receiver } from "../contract/job-request.ts";
import { invalidField, refusal } from "../failure.ts";
import { isRemote } from "../job/core/call-target.ts";
import type { FindAction } from "../job/core/plan.ts";
import { receiversOf } from "../job/core/plan.ts";
import type { AddressPolicy } from "./address.ts";

/** Refuses a request that wants somebody told who cannot be. Names are looked up when something is sent. */
export function checkReceivers(
  request: JobRequest,
  { findAction, webhookPolicy }: { findAction: FindAction; webhookPolicy: AddressPolicy },
): void {
  const check = (receiver: Receiver, path: string) => {
    if ("webhook" in receiver) {
      const wrong = webhookPolicy.refusal(new URL(receiver.webhook));
      if (wrong !== null) throw invalidField(`${path}.webhook`, wrong);
    } else if (!isRemote(receiver.action) && !findAction(receiver.action)) {
      throw refusal("UNKNOWN_ACTION", `No action "${receiver.action}" is registered.`);
    }
  };
  const { job, stages } = receiversOf(request);
  for (const [n, receiver] of job.entries()) check(receiver, `onComplete.${n}`);
  for (const [stage, receivers] of stages.entries()) {
    const place = request.actionChain ? `actionChain.${stage}` : `nextActions.${stage - 1}`;
    for (const [n, receiver] of receivers.entries()) check(receiver, `${place}.onComplete.${n}`);
  }
}

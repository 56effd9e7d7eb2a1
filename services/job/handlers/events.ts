import * as restate from "@restatedev/restate-sdk";
import type { ObjectContext } from "@restatedev/restate-sdk";
import { EventRequest, type ControlAnswer } from "../../contract/handlers.ts";
import { bodySerde, checkJobId, readBody, type Body } from "../../wire/body.ts";
import type { EventWaiter, WakeRequest } from "../../wire/calls.ts";
import type { JobState } from "../core/state.ts";
import { awaitEvent, raise, wakeSome } from "../events.ts";
import { KEYS, loadLiveJob } from "../state-keys.ts";
import { controlAnswer } from "../core/views.ts";
import { PRIVATE, UNRETAINED } from "./options.ts";

/** Events of a job: `raiseEvent` for everybody, the rest for `waitForEvent`. */
export const eventHandlers = {
  raiseEvent: restate.handlers.object.exclusive(
    { input: bodySerde(EventRequest), ...UNRETAINED },
    async (ctx: ObjectContext, body: Body): Promise<ControlAnswer> => {
      checkJobId(ctx.key);
      const request = readBody(EventRequest, body);
      const job = await loadLiveJob(ctx);
      await raise(ctx, job, request);
      return controlAnswer(ctx.key, job);
    },
  ),

  awaitEvent: restate.handlers.object.exclusive(
    PRIVATE,
    async (ctx: ObjectContext, waiter: EventWaiter): Promise<void> =>
      awaitEvent(ctx, await ctx.get<JobState>(KEYS.job), waiter),
  ),

  wake: restate.handlers.object.exclusive(
    PRIVATE,
    async (ctx: ObjectContext, request: WakeRequest): Promise<void> => {
      const job = await ctx.get<JobState>(KEYS.job);
      if (job?.epoch === request.epoch) await wakeSome(ctx, request);
    },
  ),
};

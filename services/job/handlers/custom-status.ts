import * as restate from "@restatedev/restate-sdk";
import type { ObjectContext } from "@restatedev/restate-sdk";
import { CustomStatusRequest, type ControlAnswer } from "../../contract/handlers.ts";
import { bodySerde, checkJobId, readBody, type Body } from "../../wire/body.ts";
import { KEYS, loadLiveJob } from "../state-keys.ts";
import { controlAnswer } from "../core/views.ts";
import { UNRETAINED } from "./options.ts";

export const customStatusHandlers = {
  setCustomStatus: restate.handlers.object.exclusive(
    { input: bodySerde(CustomStatusRequest), ...UNRETAINED },
    async (ctx: ObjectContext, body: Body): Promise<ControlAnswer> => {
      checkJobId(ctx.key);
      const { text } = readBody(CustomStatusRequest, body);
      const job = await loadLiveJob(ctx);
      if (text) ctx.set(KEYS.customStatus, text);
      else ctx.clear(KEYS.customStatus);
      return controlAnswer(ctx.key, job);
    },
  ),
};

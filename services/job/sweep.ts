import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import { SOURCE } from "../contract/task.ts";
import { blockKey } from "../task/chunk-spec.ts";
import { clearBlock, sendSweep, type SweepRequest } from "../wire/calls.ts";

/** Clears what the chunks of a forgotten job stored, so many Data objects at a time. */
export const sweep = restate.service({
  name: "Sweep",
  handlers: {
    run: async (ctx: Context, request: SweepRequest): Promise<void> => {
      const { jobId, epoch, blocks } = request;
      let { at, block } = request;
      for (let cleared = 0; cleared < AT_ONCE && at < blocks.length;) {
        if (block < blocks[at]!) {
          clearBlock(ctx, blockKey(jobId, epoch, SOURCE + at, block));
          block += 1;
          cleared += 1;
        } else {
          at += 1;
          block = 0;
        }
      }
      if (at < blocks.length) sendSweep(ctx, { ...request, at, block });
    },
  },
  options: { ingressPrivate: true },
});

// --- internal ---

const AT_ONCE = 100;

import type { ObjectContext } from "@restatedev/restate-sdk";
import { stageRateLimiter, stageSlotLimiter } from "../limits/keys.ts";
import { forgetLimiter, sendSweep } from "../wire/calls.ts";
import { blocksOf, pageBlocks } from "./core/dispatch.ts";
import type { JobState } from "./core/state.ts";
import { unlist } from "./list.ts";

/** Ends a job's existence: its own state goes at once, what its chunks stored follows. */
export function forget(ctx: ObjectContext, job: JobState): void {
  const { epoch, stages, source, isPaced } = job;
  const blocks = [pageBlocks(source), ...stages.map(blocksOf)];
  if (blocks.some((count) => count > 0)) {
    sendSweep(ctx, { jobId: ctx.key, epoch, blocks, at: 0, block: 0 });
  }
  for (const stage of isPaced ? stages.keys() : []) {
    forgetLimiter(ctx, stageRateLimiter(ctx.key, epoch, stage));
    forgetLimiter(ctx, stageSlotLimiter(ctx.key, epoch, stage));
  }
  ctx.console.debug("The job is forgotten.");
  unlist(ctx, job);
  ctx.clearAll();
}

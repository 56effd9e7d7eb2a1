import type { ObjectContext } from "@restatedev/restate-sdk";
import { sendSweep } from "../wire/calls.ts";
import { blocksOf, pageBlocks } from "./core/dispatch.ts";
import type { JobState } from "./core/state.ts";

/** Ends a job's existence: its own state goes at once, what its chunks stored follows. */
export function forget(ctx: ObjectContext, { epoch, stages, source }: JobState): void {
  const blocks = [pageBlocks(source), ...stages.map(blocksOf)];
  sendSweep(ctx, { jobId: ctx.key, epoch, blocks, at: 0, block: 0 });
  ctx.clearAll();
}

import * as restate from "@restatedev/restate-sdk";
import { CancelledError, TerminalError, type Context } from "@restatedev/restate-sdk";
import type { ChunkReport } from "../job/core/state.ts";
import { isolateChunk, runChunk, sendReport } from "../wire/calls.ts";
import type { ChunkSpec } from "./chunk-spec.ts";

/**
 * Supervises one chunk. It runs none of the user's code, so nothing that code does can end it: when the
 * runner was killed because its process died again and again, the tasks are run apart from each other.
 */
export const chunk = restate.service({
  name: "Chunk",
  handlers: {
    run: async (ctx: Context, spec: ChunkSpec): Promise<void> => {
      sendReport(ctx, spec.jobId, await supervise(ctx, spec));
    },
  },
  options: { ingressPrivate: true },
});

// --- internal ---

async function supervise(ctx: Context, spec: ChunkSpec): Promise<ChunkReport> {
  try {
    return await runChunk(ctx, spec);
  } catch (error) {
    if (!(error instanceof TerminalError) || error instanceof CancelledError) throw error;
    return await isolateChunk(ctx, spec);
  }
}

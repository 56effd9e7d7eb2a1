import * as restate from "@restatedev/restate-sdk";
import { CancelledError, TerminalError, type Context } from "@restatedev/restate-sdk";
import { CALL_ERRORS } from "../contract/errors.ts";
import type { ChunkReport } from "../job/core/state.ts";
import { about } from "../log/about.ts";
import { runChunk, sendReport } from "../wire/calls.ts";
import type { ChunkSpec } from "./chunk-spec.ts";

/**
 * Supervises one chunk. It runs none of the user's code, so nothing that code does can end it; when
 * somebody kills its runner, another one takes up the chunk.
 */
export const chunk = restate.service({
  name: "Chunk",
  handlers: {
    run: async (ctx: Context, spec: ChunkSpec): Promise<void> => {
      about(ctx, spec);
      const report = await supervise(ctx, spec);
      if (report) sendReport(ctx, spec.jobId, report);
    },
  },
  options: { ingressPrivate: true },
});

// --- internal ---

/** The chunk's last report; null if its job is gone. */
async function supervise(ctx: Context, spec: ChunkSpec): Promise<ChunkReport | null> {
  for (let takeovers = 0; ; takeovers += 1) {
    try {
      return await runChunk(ctx, { ...spec, takeovers });
    } catch (error) {
      if (!(error instanceof TerminalError) || error instanceof CancelledError) throw error;
      if (error.code === CALL_ERRORS.JOB_NOT_FOUND.status) return null;
      ctx.console.warn("The runner of this chunk was killed; another one takes it up.");
      if (takeovers > 0) await ctx.sleep(PAUSE_MS);
    }
  }
}

const PAUSE_MS = 10_000;

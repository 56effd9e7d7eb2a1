import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import type { FoldAnswer } from "../job/core/fold/user-fold.ts";
import { about } from "../log/about.ts";
import type { Registry } from "../registry.ts";
import { USER_CODE } from "../task/user-code-options.ts";
import { sendFold, sendFolded } from "../wire/calls.ts";
import type { FoldSpec } from "./fold-spec.ts";
import { foldFailure } from "./failure.ts";
import { runFold } from "./run-fold.ts";

/** Takes users' folds through the outcomes of ended stages, and tells their jobs what came of it. */
export function createFoldService(findFold: Registry["findFold"]) {
  return restate.service({
    name: "Fold",
    handlers: {
      run: restate.handlers.handler(USER_CODE, async (ctx: Context, spec: FoldSpec) => {
        about(ctx, spec);
        const result = await answered(() => runFold(ctx, spec, findFold));
        if ("fold" in result) return void sendFold(ctx, result);
        const { jobId, epoch, generation, stage } = spec;
        const at = await ctx.date.now();
        return void sendFolded(ctx, jobId, { epoch, generation, stage, at, answer: result });
      }),
    },
    options: { ingressPrivate: true },
  });
}

// --- internal ---

/** Somebody's cancellation is an answer too: the job waits for one. */
async function answered(run: () => Promise<FoldAnswer | FoldSpec>): Promise<FoldAnswer | FoldSpec> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof restate.TerminalError)) throw error;
    return { error: foldFailure(error.message) };
  }
}

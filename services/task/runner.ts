import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import type { FindAction } from "../job/core/plan.ts";
import type { ChunkSpec } from "./chunk-spec.ts";
import { runCalls } from "./calls/run-calls.ts";
import type { HandlerFinder } from "./calls/handler-finder.ts";
import { runChunk } from "./run-chunk.ts";
import { RETRIED, USER_CODE } from "./user-code-options.ts";

/** Runs chunks: the only service in which function actions run, and from which others are called. */
export function createRunner(findAction: FindAction, handlers: HandlerFinder) {
  return restate.service({
    name: "Runner",
    handlers: {
      run: restate.handlers.handler(USER_CODE, async (ctx: Context, spec: ChunkSpec) =>
        runChunk(ctx, spec, findAction),
      ),

      /** Chunks of durable and remote actions: they run elsewhere, and are called from here. */
      call: restate.handlers.handler(RETRIED, async (ctx: Context, spec: ChunkSpec) =>
        runCalls(ctx, spec, handlers),
      ),
    },
    options: { ingressPrivate: true },
  });
}

import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import type { FindAction } from "../job/core/plan.ts";
import type { ChunkSpec } from "./chunk-spec.ts";
import { runChunk } from "./run-chunk.ts";
import { USER_CODE } from "./user-code-options.ts";

/** Runs chunks: the only service in which actions run. */
export function createRunner(findAction: FindAction) {
  return restate.service({
    name: "Runner",
    handlers: {
      run: restate.handlers.handler(USER_CODE, async (ctx: Context, spec: ChunkSpec) =>
        runChunk(ctx, spec, findAction),
      ),
    },
    options: { ingressPrivate: true },
  });
}

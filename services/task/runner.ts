import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import type { FindAction } from "../job/core/plan.ts";
import { about } from "../log/about.ts";
import type { Traces } from "../traces/traces.ts";
import type { ChunkSpec } from "./chunk-spec.ts";
import { runCalls } from "./calls/run-calls.ts";
import type { HandlerFinder } from "./calls/handler-finder.ts";
import type { AttemptSpans } from "./executor/attempt-host.ts";
import { runChunk } from "./run-chunk.ts";
import { RETRIED, USER_CODE } from "./user-code-options.ts";

/** Runs chunks: the only service in which function actions run, and from which others are called. */
export function createRunner(
  findAction: FindAction,
  handlers: HandlerFinder,
  traces: Traces | null,
) {
  const observed = <Value>(
    ctx: Context,
    spec: ChunkSpec,
    run: (spans: AttemptSpans | null) => Promise<Value>,
  ) => {
    about(ctx, spec);
    return traces ? traces.chunk(ctx, spec, run) : run(null);
  };

  return restate.service({
    name: "Runner",
    handlers: {
      run: restate.handlers.handler(USER_CODE, async (ctx: Context, spec: ChunkSpec) =>
        observed(ctx, spec, (spans) => runChunk(ctx, spec, { findAction, spans })),
      ),

      /** Chunks of durable and remote actions: they run elsewhere, and are called from here. */
      call: restate.handlers.handler(RETRIED, async (ctx: Context, spec: ChunkSpec) =>
        observed(ctx, spec, () => runCalls(ctx, spec, handlers)),
      ),
    },
    options: { ingressPrivate: true },
  });
}

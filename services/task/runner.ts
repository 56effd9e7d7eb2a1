import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import type { FindAction } from "../job/core/plan.ts";
import type { ChunkSpec } from "./chunk-spec.ts";
import { runChunk } from "./run-chunk.ts";

/** Steps may take as long as an attempt; the replay tests let every suspension happen. */
const PATIENCE =
  process.env["FANFOLD_TEST_SUSPEND"] === "1" ? {} : { inactivityTimeout: { minutes: 10 } };

/** Runs chunks: the only service in which the user's code runs. */
export function createRunner(findAction: FindAction) {
  return restate.service({
    name: "Runner",
    handlers: {
      run: restate.handlers.handler(
        {
          ...PATIENCE,
          // Without limit: a death of the process is counted by marks, and an outage is nobody's fault.
          retryPolicy: {
            initialInterval: 200,
            exponentiationFactor: 1.5,
            maxInterval: { seconds: 2 },
          },
        },
        async (ctx: Context, spec: ChunkSpec) => runChunk(ctx, spec, findAction),
      ),
    },
    options: { ingressPrivate: true },
  });
}

import * as restate from "@restatedev/restate-sdk";
import type { Context, Serde } from "@restatedev/restate-sdk";
import type { FindAction } from "../job/core/plan.ts";
import type { ChunkReport } from "../job/core/state.ts";
import { sendReport } from "../wire/calls.ts";
import { linesSerde } from "../wire/lines.ts";
import { ChunkLog } from "./chunk-log.ts";
import type { ChunkSpec } from "./chunk-spec.ts";
import type { Group, GroupHead } from "./executor/group.ts";
import { startExecution } from "./executor/start.ts";
import { loadInputs, type ChunkInputs } from "./inputs.ts";
import { runIsolated } from "./isolate.ts";
import { save } from "./save.ts";

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
          // A process that dies of a task must not try the whole chunk for ever: `isolate` finds the task.
          retryPolicy: {
            initialInterval: 200,
            exponentiationFactor: 2,
            maxInterval: { seconds: 5 },
            maxAttempts: 6,
            onMaxAttempts: "kill",
          },
        },
        async (ctx: Context, spec: ChunkSpec) => runTogether(ctx, spec, findAction),
      ),
      isolate: restate.handlers.handler(
        {
          ...PATIENCE,
          // Without limit: here a death is counted by its mark, and an outage is nobody's fault.
          retryPolicy: {
            initialInterval: 200,
            exponentiationFactor: 1.5,
            maxInterval: { seconds: 2 },
          },
        },
        async (ctx: Context, spec: ChunkSpec) => runIsolated(ctx, spec, findAction),
      ),
    },
    options: { ingressPrivate: true },
  });
}

// --- internal ---

const groupSerde: Serde<Group> = linesSerde<GroupHead>();

async function runTogether(
  ctx: Context,
  spec: ChunkSpec,
  findAction: FindAction,
): Promise<ChunkReport> {
  const inputs: ChunkInputs = await loadInputs(ctx, spec);
  let log: ChunkLog | undefined;
  let execution: ReturnType<typeof startExecution> | undefined;
  do {
    const group = await ctx.run(
      "commit",
      () => {
        const { attemptCompletedSignal } = ctx.request();
        execution ??= startExecution({ spec, inputs, log, findAction, attemptCompletedSignal });
        return execution.take();
      },
      { serde: groupSerde },
    );
    log ??= new ChunkLog(spec, group.head.startedAt);
    log.add(group);
    if (group.head.report && !log.isDone) {
      if (log.hasUnsaved || group.head.returnedFrom !== null) await save(ctx, log, false);
      sendReport(ctx, spec.jobId, log.report(false));
    }
  } while (!log.isDone);
  execution?.stop();
  await save(ctx, log, true);
  return log.report(true);
}

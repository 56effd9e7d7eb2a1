import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import type { AnyDurableAction } from "../durable-action.ts";
import { about } from "../log/about.ts";
import { TASK_HANDLER } from "../job/core/call-target.ts";
import type { Body } from "../wire/body.ts";
import { sendProgress, type DurableTask } from "../wire/calls.ts";
import { jsonSerde } from "../wire/json.ts";
import { drainedSteps } from "../task/drained-steps.ts";
import { RETRIED } from "../task/user-code-options.ts";
import { progressText } from "../task/executor/progress-text.ts";
import { inputSerde, readInputBody, RPC } from "./options.ts";
import { loneTask } from "./lone-task.ts";
import { runDurable } from "./run-durable.ts";

/** A durable action as a service of its name: `run(input)` for everybody, and its tasks for Fanfold. */
export function createDurableService(action: AnyDurableAction) {
  return restate.service({
    name: action.name,
    handlers: {
      run: restate.handlers.handler(
        { ...RETRIED, ...RPC, input: inputSerde(action) },
        async (ctx: Context, body: Body): Promise<string> => {
          const task = loneTask(ctx, action.name, readInputBody(body));
          return runDurable(ctx, action, task, { progress: () => undefined });
        },
      ),

      [TASK_HANDLER]: restate.handlers.handler(
        { ...RETRIED, input: jsonSerde<DurableTask>(), output: RPC.output, ingressPrivate: true },
        async (ctx: Context, { epoch, task }: DurableTask): Promise<string> => {
          const { jobId, generation } = task;
          about(ctx, task);
          const progress = (text: string) => {
            sendProgress(ctx, jobId, { epoch, generation, text: progressText(text) });
          };
          return runDurable(ctx, action, task, { progress });
        },
      ),
    },
    options: { hooks: [drainedSteps] },
  });
}

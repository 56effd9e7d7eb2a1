import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import type { AnyAction } from "../actions.ts";
import type { Task } from "../contract/task.ts";
import type { AttemptSpans } from "../task/executor/attempt-host.ts";
import { failure, type AttemptResult } from "../task/executor/attempt-result.ts";
import { isStillHere } from "../task/executor/quarantine.ts";
import { outlast } from "../task/outlast.ts";
import { USER_CODE } from "../task/user-code-options.ts";
import type { Traces } from "../traces/traces.ts";
import type { Body } from "../wire/body.ts";
import { terminalError } from "./failures.ts";
import { loneAttempt } from "./lone-attempt.ts";
import { loneTask } from "./lone-task.ts";
import { inputSerde, readInputBody, RPC } from "./options.ts";

/** A function action as a service of its name: `run(input)` is one attempt, durable as a call. */
export function createFunctionService(action: AnyAction, traces: Traces | null) {
  return restate.service({
    name: action.name,
    handlers: {
      run: restate.handlers.handler(
        { ...USER_CODE, ...RPC, input: inputSerde(action) },
        async (ctx: Context, body: Body): Promise<string> => {
          const task = loneTask(ctx, action.name, readInputBody(body));
          const result = await attemptOnce(ctx, action, {
            task,
            spans: traces?.attempts() ?? null,
          });
          if (!result.ok) throw terminalError(result);
          return result.json;
        },
      ),
    },
  });
}

// --- internal ---

async function attemptOnce(
  ctx: Context,
  action: AnyAction,
  { task, spans }: { readonly task: Task; readonly spans: AttemptSpans | null },
): Promise<AttemptResult> {
  const { attemptCompletedSignal: givenUp } = ctx.request();
  const result = await outlast(ctx, (begun) =>
    ctx.run("attempt", async () =>
      isStillHere(begun)
        ? loneAttempt(action, structuredClone(task), { givenUp, isSuspect: begun.isAlone, spans })
        : null,
    ),
  );
  return result ?? failure("TASK_CRASHED", CRASHED, undefined, true);
}

const CRASHED = "The worker process died of it again and again.";

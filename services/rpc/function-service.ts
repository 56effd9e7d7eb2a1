import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import type { AnyAction } from "../actions.ts";
import type { Task } from "../contract/task.ts";
import type { AttemptSpans } from "../task/executor/attempt-host.ts";
import { failure, type AttemptResult } from "../task/executor/attempt-result.ts";
import { isStillHere, release } from "../task/executor/quarantine.ts";
import { mark } from "../task/mark.ts";
import { Suspects } from "../task/suspects.ts";
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

/** Deaths of the process are counted by marks, as for tasks: one that it dies of again and again ends. */
async function attemptOnce(
  ctx: Context,
  action: AnyAction,
  { task, spans }: { readonly task: Task; readonly spans: AttemptSpans | null },
): Promise<AttemptResult> {
  const { id, attemptCompletedSignal } = ctx.request();
  const suspects = new Suspects(1);
  for (;;) {
    const { kind } = suspects.next(THE_TASK);
    const begun = await mark(ctx, kind, attemptCompletedSignal);
    const isSuspect = begun.isAlone;
    const result = await ctx.run("attempt", async () =>
      isStillHere(begun)
        ? loneAttempt(action, structuredClone(task), {
            givenUp: attemptCompletedSignal,
            isSuspect,
            spans,
          })
        : null,
    );
    if (!result) ctx.console.warn({ died: begun.worker }, DEATH);
    const isConvicted = !result && suspects.died(THE_TASK, begun.isAlone).length > 0;
    if (!result && !isConvicted) continue;
    release(id);
    return result ?? failure("TASK_CRASHED", CRASHED, undefined, true);
  }
}

const THE_TASK = [0];
const DEATH = "The process that ran this call has died; it is made again.";
const CRASHED = "The worker process died of it again and again.";

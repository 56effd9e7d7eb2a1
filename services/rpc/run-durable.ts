import type { Context } from "@restatedev/restate-sdk";
import { SOURCE, type Task } from "../contract/task.ts";
import type { AnyDurableAction, DurableActionContext } from "../durable-action.ts";
import {
  emissionOf,
  failure,
  readInput,
  storeResult,
  type AttemptResult,
} from "../task/executor/attempt-result.ts";
import { readThrown } from "../task/executor/thrown.ts";
import { pageText } from "../task/page.ts";
import { currentCode, type UserCode } from "../task/executor/user-code.ts";
import { terminalError, thrownError } from "./failures.ts";

/**
 * Runs a durable action's code for one task and gives its answer as JSON. Whatever the code throws, that of
 * its schemas included, ends the call; its steps, and what crashes, are tried again by Restate.
 */
export async function runDurable(
  ctx: Context,
  action: AnyDurableAction,
  task: Task,
  context: DurableActionContext,
): Promise<string> {
  return guarded(task, async () => {
    const input = readInput(action, task.input);
    if (!input.ok) throw terminalError(input);
    const given = { ...task, input: input.value } as Task<never>;
    const returned = await action.run(ctx, given, context);
    if (task.stage === SOURCE) return pageText(action, returned);
    return answerOf(returned, task, storeResult(action, returned, task));
  });
}

// --- internal ---

/** An error that nobody caught, in a promise or a timer that the code left behind, is its own. */
function guarded(task: Task, run: () => Promise<string>): Promise<string> {
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const code: UserCode = {
      name: task.taskId,
      get isSettled() {
        return isSettled;
      },
      crash: (thrown) => {
        const { message } = readThrown(thrown);
        reject(terminalError(failure("TASK_CRASHED", `An error nobody caught: ${message}`)));
      },
    };
    const settle = () => (isSettled = true);
    void currentCode
      .run(code, run)
      .then(resolve, (thrown: unknown) => {
        reject(thrownError(thrown));
      })
      .finally(settle);
  });
}

function answerOf(returned: unknown, { next }: Task, stored: AttemptResult): string {
  if (!stored.ok) throw terminalError(stored);
  const emission = next && emissionOf(returned);
  if (!emission) return stored.json;
  return `{"$emit":{"result":${stored.json},"fanout":${JSON.stringify(emission.fanout ?? null)}}}`;
}

import type { Context } from "@restatedev/restate-sdk";
import type { z } from "zod";
import { checkSettings, type ActionSettings, type Emitted } from "./actions.ts";
import type { Task } from "./contract/task.ts";

/** What a durable action is handed beside Restate's context and its task. */
export interface DurableActionContext {
  /** Says how far it is, in the job's `customStatus`. Each call is a message to the job. */
  readonly progress: (text: string) => void;
}

export interface DurableActionOptions<Input, Output, Given = unknown> extends ActionSettings<
  Input,
  Output,
  Given
> {
  readonly run: (
    ctx: Context,
    task: Task<Input>,
    context: DurableActionContext,
  ) => Promise<Output | Emitted<Output>>;
}

/** A unit of work that is a Restate handler: one invocation for each attempt of each task. */
export interface DurableAction<
  Input = unknown,
  Output = unknown,
  Given = Input,
> extends DurableActionOptions<Input, Output, Given> {
  readonly kind: "durable";
}

/** A durable action whatever its input and output, as a registry holds it. */
export type AnyDurableAction = Pick<
  DurableAction,
  "kind" | "name" | "input" | "output" | "retry" | "limits" | "timeout" | "cancelGrace"
> & {
  run(ctx: Context, task: Task<never>, context: DurableActionContext): Promise<unknown>;
};

/**
 * Defines a durable action: a Restate handler with the journaled context, for tasks with steps, sleeps and
 * calls of their own. What lies in its journal survives every crash; what `run` throws ends the attempt.
 *
 * @example
 * durableAction({
 *   name: "approve_order",
 *   input: z.object({ item: Order }),
 *   run: async (ctx, task) => {
 *     await ctx.run("ask", () => askForApproval(task.input.item));
 *     return waitForEvent(ctx, task.jobId, `approved-${task.index}`);
 *   },
 * });
 */
export function durableAction<Input = unknown, Output = unknown, Given = Input>(
  options: DurableActionOptions<Input, NoInfer<Output>, Given> & {
    readonly output: z.ZodType<Output>;
  },
): DurableAction<Input, Output, Given>;
export function durableAction<Input = unknown, Output = unknown, Given = Input>(
  options: DurableActionOptions<Input, Output, Given> & { readonly output?: never },
): DurableAction<Input, Output, Given>;
export function durableAction<Input, Output, Given>(
  options: DurableActionOptions<Input, Output, Given>,
): DurableAction<Input, Output, Given> {
  checkSettings(options);
  return { ...options, kind: "durable" };
}

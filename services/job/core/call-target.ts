import type { DefinedAction } from "../../registry.ts";

/** The handler that is called for each task of a stage. */
export interface CallTarget {
  readonly kind: "durable" | "remote";
  readonly service: string;
  readonly handler: string;
}

/** Of a durable action, beside its public `run`: takes the task. */
export const TASK_HANDLER = "task";

/** `"Service/handler"`, not the name of an action that somebody defined here. */
export const isRemote = (name: string): boolean => name.includes("/");

/** Whom to call for tasks of this action; null: a function action, nobody. */
export function callTarget(name: string, action: DefinedAction | undefined): CallTarget | null {
  if (action?.kind === "durable") return { kind: "durable", service: name, handler: TASK_HANDLER };
  const [service, handler] = name.split("/");
  return service && handler ? { kind: "remote", service, handler } : null;
}

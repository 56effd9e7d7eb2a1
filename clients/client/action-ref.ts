import type { z } from "zod";

/** What a client has to know of an action: its definition will do, or `actionRef` of it. Only the name is sent. */
export interface ActionRef {
  readonly name: string;
  readonly input?: z.ZodType;
  readonly output?: z.ZodType;
}

/**
 * Stands for an action whose code the client shall not load, such as in a browser.
 *
 * @example
 * import type { sendEmails } from "./actions.ts";
 * const ref = actionRef<typeof sendEmails>("send_emails");
 */
export function actionRef<Action extends ActionRef>(name: string): TypedName<Action> {
  return { name };
}

/** What a task of the action is given, as JSON: fields that have a default may be left out. */
export type InputOf<Action> = Action extends {
  readonly input?: z.ZodType<unknown, infer Given>;
}
  ? Given
  : unknown;

/** What the action returns, as JSON. */
export type ResultOf<Action> = Action extends { readonly output?: z.ZodType<infer Output> }
  ? Json<Output>
  : unknown;

// --- internal ---

interface TypedName<Action extends ActionRef> {
  readonly name: string;
  readonly input?: NonNullable<Action["input"]>;
  readonly output?: NonNullable<Action["output"]>;
}

/** What a value is after its way through JSON. */
type Json<Value> = Value extends { toJSON(): infer Written }
  ? Written
  : Value extends object
    ? { [Key in keyof Value]: Json<Value[Key]> }
    : Value;

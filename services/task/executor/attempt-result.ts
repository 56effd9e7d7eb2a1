import type { AnyAction } from "../../actions.ts";
import { Duration, durationMs } from "../../contract/duration.ts";
import type { OutcomeErrorCode } from "../../contract/errors.ts";
import type { Task, TaskError } from "../../contract/task.ts";
import { isTooDeep } from "../../wire/depth.ts";
import { emissionLines } from "../emission.ts";
import { jsonText, TOO_DEEP } from "./json-text.ts";
import { readThrown } from "./thrown.ts";

/** What one attempt came to: texts ready to be stored, or an error. */
export type AttemptResult =
  | {
      readonly ok: true;
      readonly json: string;
      readonly emission: string[] | null;
      readonly emitted: number | null;
    }
  | Failure;

export interface Failure {
  readonly ok: false;
  readonly error: TaskError;
  readonly isFinal: boolean;
  readonly retryAfterMs: number | null;
}

/** What an action is given, read by its schema. */
export function readInput(
  { input }: Pick<AnyAction, "input">,
  given: unknown,
): { readonly ok: true; readonly value: unknown } | Failure {
  if (!input) return { ok: true, value: given };
  const parsed = input.safeParse(given);
  if (parsed.success) return { ok: true, value: parsed.data };
  return invalid("INVALID_INPUT", parsed.error.issues);
}

/** What is stored of something that was returned, be it a result or an emission. */
export function storeResult(
  action: Pick<AnyAction, "output">,
  returned: unknown,
  task: Task,
): AttemptResult {
  const emission = emissionOf(returned);
  let result = emission ? emission.result : returned;
  if (action.output) {
    const parsed = action.output.safeParse(result);
    if (!parsed.success) return invalid("INVALID_OUTPUT", parsed.error.issues);
    result = parsed.data;
  }
  const stored = jsonText(result === undefined ? null : result, "The result");
  if (!("json" in stored)) return failure(stored.code, stored.message, undefined, true);
  const { json } = stored;
  if (!task.next) return { ok: true, json, emission: null, emitted: null };
  if (!emission) return { ok: true, json, emission: null, emitted: 1 };
  return storeEmission(json, emission.fanout, task);
}

/** What `emit` returned, or somebody who wrote its wire form. */
export function emissionOf(returned: unknown): { result?: unknown; fanout?: unknown } | undefined {
  if (typeof returned !== "object" || returned === null || !("$emit" in returned)) return undefined;
  const { $emit: emission } = returned;
  const isOnlyKey = Object.keys(returned).length === 1;
  if (!isOnlyKey || typeof emission !== "object" || emission === null) return undefined;
  return emission;
}

/** The failure of an attempt whose code threw this. */
export function thrownFailure(thrown: unknown): Failure {
  const { name, message, stack, code, retryAfter } = readThrown(thrown);
  const parsed = Duration.safeParse(retryAfter);
  return {
    ok: false,
    error: errorOf(code ?? "TASK_FAILED", message, stack),
    isFinal: name === "TerminalError",
    retryAfterMs: parsed.success ? durationMs(parsed.data) : null,
  };
}

/** An error as outcomes show it; `fallback` when it has no code of its own. */
export function failure(
  code: OutcomeErrorCode,
  message: string,
  stack?: string,
  isFinal = false,
): Failure {
  return { ok: false, error: errorOf(code, message, stack), isFinal, retryAfterMs: null };
}

/** As outcomes show it, cut to what they keep. */
export function errorOf(code: string, message: string, stack?: string): TaskError {
  return {
    code,
    message: message.slice(0, MESSAGE_CHARS),
    ...(stack ? { stack: stack.slice(0, STACK_CHARS) } : {}),
  };
}

// --- internal ---

const MESSAGE_CHARS = 4_000;
const STACK_CHARS = 4_000;

function storeEmission(json: string, fanout: unknown, task: Task): AttemptResult {
  try {
    const emitted = emissionLines(fanout, task);
    if ("code" in emitted) return failure(emitted.code, emitted.message, undefined, true);
    if (emitted.lines.some(isTooDeep)) return failure("UNSERIALISABLE", TOO_DEEP, undefined, true);
    return { ok: true, json, emission: emitted.lines, emitted: emitted.tasks };
  } catch (thrown) {
    return failure("UNSERIALISABLE", readThrown(thrown).message, undefined, true);
  }
}

function invalid(
  code: "INVALID_INPUT" | "INVALID_OUTPUT",
  issues: readonly { path: readonly PropertyKey[]; message: string }[],
): Failure {
  const text = issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.map(String).join(".") || "(whole)"}: ${message}`);
  return failure(code, text.join("; "), undefined, true);
}

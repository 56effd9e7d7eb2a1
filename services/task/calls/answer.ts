import type { Serde, TerminalError } from "@restatedev/restate-sdk";
import { LIMITS } from "../../contract/limits.ts";
import type { Task } from "../../contract/task.ts";
import { isTooDeep } from "../../wire/depth.ts";
import { errorOf, failure, storeResult, type AttemptResult } from "../executor/attempt-result.ts";
import { TOO_DEEP } from "../executor/json-text.ts";
import { isCode } from "../executor/thrown.ts";
import { storePage } from "../page.ts";

/** What a handler answered, unread. Whoever wrote it may have sent anything. */
export interface Answer {
  /** null: longer than any answer that could be kept */
  readonly text: string | null;
  readonly bytes: number;
}

export const answerSerde: Serde<Answer> = {
  contentType: "application/json",
  serialize: ({ text }) => new TextEncoder().encode(text ?? ""),
  deserialize: (data) => ({
    text: data.length > ANSWER_BYTES ? null : new TextDecoder().decode(data),
    bytes: data.length,
  }),
};

/** What an answer comes to: a result, or `{ $emit }` with one, or a page whose items arrive in `itemsAs`. */
export function resultOf({ text, bytes }: Answer, task: Task, itemsAs?: string): AttemptResult {
  if (text === null) {
    return failure("RESULT_TOO_LARGE", `The answer has ${bytes} bytes.`, undefined, true);
  }
  if (isTooDeep(text)) return failure("UNSERIALISABLE", TOO_DEEP, undefined, true);
  const answer = parsed(text);
  if (!answer) return failure("UNSERIALISABLE", "The answer is not JSON.", undefined, true);
  if (itemsAs !== undefined) return storePage(answer.value, itemsAs, task);
  return storeResult({}, answer.value, task);
}

/** The failure of a call. It is tried again only if the handler has said so. */
export function failureOf({ message, metadata }: TerminalError): AttemptResult {
  const { code, retryable, retryAfterMs } = metadata ?? {};
  return {
    ok: false,
    error: errorOf(isCode(code) ? code : "TASK_FAILED", message),
    isFinal: retryable !== "true",
    retryAfterMs: retryAfterMs && /^\d{1,11}$/.test(retryAfterMs) ? Number(retryAfterMs) : null,
  };
}

// --- internal ---

function parsed(text: string): { readonly value: unknown } | null {
  try {
    return { value: text === "" ? null : JSON.parse(text) };
  } catch {
    return null;
  }
}

/** A result and a fan-out; whichever of them is too long is found out when they are read. */
const ANSWER_BYTES = 2 * (LIMITS.resultBytes + LIMITS.emissionBytes);

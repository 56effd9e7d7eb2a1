import { LIMITS } from "../../contract/limits.ts";
import { isTooDeep, MAX_DEPTH } from "../../wire/depth.ts";
import { readThrown } from "./thrown.ts";

export type JsonText =
  | { readonly json: string }
  | { readonly code: "UNSERIALISABLE" | "RESULT_TOO_LARGE"; readonly message: string };

/** What user code returned, as JSON, or why it cannot be stored. `what` names it in the message. */
export function jsonText(value: unknown, what: string): JsonText {
  try {
    const json = JSON.stringify(value);
    if (json === undefined) return { code: "UNSERIALISABLE", message: `a ${typeof value}` };
    if (isLonger(json, LIMITS.resultBytes)) {
      const message = `${what} has ${Buffer.byteLength(json)} bytes, at most ${LIMITS.resultBytes}.`;
      return { code: "RESULT_TOO_LARGE", message };
    }
    if (isTooDeep(json)) return { code: "UNSERIALISABLE", message: TOO_DEEP };
    return { json };
  } catch (thrown) {
    return { code: "UNSERIALISABLE", message: readThrown(thrown).message };
  }
}

export const TOO_DEEP = `Nested deeper than ${MAX_DEPTH} levels.`;

// --- internal ---

function isLonger(text: string, bytes: number): boolean {
  return text.length > bytes || (text.length > bytes / 3 && Buffer.byteLength(text) > bytes);
}

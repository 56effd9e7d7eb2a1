import { TerminalError } from "@restatedev/restate-sdk";
import type { CallErrorCode } from "../contract/errors.ts";

/** Whether an answer of one of Fanfold's handlers is a refusal with this code. */
export function isRefused(error: unknown, code: CallErrorCode): boolean {
  return error instanceof TerminalError && error.metadata?.["code"] === code;
}

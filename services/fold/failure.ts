import type { TaskError } from "../contract/task.ts";
import { readThrown } from "../task/executor/thrown.ts";

/** The error of a stage whose fold threw this, or did what the error says. */
export function foldFailure(thrown: unknown): TaskError {
  const { code, message } = readThrown(thrown);
  const text = code ? `${code}: ${message}` : message;
  return { code: "FOLD_FAILED", message: text.slice(0, MESSAGE_CHARS) };
}

// --- internal ---

/** It is part of what each step of the job reads and writes. */
const MESSAGE_CHARS = 1_000;

import { TerminalError } from "@restatedev/restate-sdk";
import type { z } from "zod";
import { CALL_ERRORS, type CallErrorCode } from "./contract/errors.ts";

/** The error of a refused call: an HTTP status, and metadata that names the code and, for bad input, each place. */
export function refusal(
  code: CallErrorCode,
  message: string,
  details: { issues?: readonly Issue[]; retryAfterMs?: number } = {},
): TerminalError {
  const metadata: Record<string, string> = { code };
  if (details.issues) metadata["issues"] = JSON.stringify(details.issues);
  if (details.retryAfterMs !== undefined) metadata["retryAfterMs"] = String(details.retryAfterMs);
  return new TerminalError(message, { errorCode: CALL_ERRORS[code].status, metadata });
}

export interface Issue {
  readonly path: string;
  readonly message: string;
}

const SHOWN_ISSUES = 20;

/** The refusal of a body that does not fit its schema. */
export function invalidRequest(error: z.ZodError): TerminalError {
  const issues = error.issues.slice(0, SHOWN_ISSUES).map((issue) => ({
    path: issue.path.join("."),
    message: issue.message.slice(0, 300),
  }));
  const [first] = issues;
  const place = first?.path ? `${first.path}: ` : "";
  return refusal("INVALID_REQUEST", `Invalid request: ${place}${first?.message ?? "?"}`, {
    issues,
  });
}

/** The refusal of one field that a schema cannot judge. */
export function invalidField(path: string, message: string): TerminalError {
  return refusal("INVALID_REQUEST", `Invalid request: ${path ? `${path}: ` : ""}${message}`, {
    issues: [{ path, message }],
  });
}

export const jobNotFound = (jobId: string) =>
  refusal("JOB_NOT_FOUND", `There is no job "${jobId}".`);

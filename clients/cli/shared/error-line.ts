import { isFanfoldError, type FanfoldError } from "../../client/index.ts";
import { harmless } from "../render/line.ts";
import { ADVICE } from "./advice.ts";

/** Wrong use of the command line, or a file that cannot be used. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** An error in one line: its code, what happened, what to do. */
export function errorLine(error: unknown): string {
  if (isFanfoldError(error)) {
    return line(error.code, `${sentence(told(error))} ${ADVICE[error.code]}`);
  }
  if (!(error instanceof Error)) return line("FAILED", sentence(String(error)));
  const code = codeOf(error);
  return line(code, sentence(error.message.replace(`${code}: `, "")));
}

/** What commander says of wrong usage, in one line. */
export function usageLine(text: string, command: string): string {
  const message = text.replace(/^error: /, "").trim();
  return line("USAGE", `${sentence(message)} See ${command} --help.`);
}

// --- internal ---

/** Of a file that cannot be read, what the system calls it. */
function codeOf(error: NodeJS.ErrnoException): string {
  return error instanceof UsageError ? "USAGE" : (error.code ?? "FAILED");
}

const line = (code: string, text: string) => `Error ${code}: ${harmless(text)}`;

function sentence(text: string): string {
  const trimmed = text.trim();
  const begun = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.?!)]$/.test(begun) ? begun : `${begun}.`;
}

function told({ message, issues }: FanfoldError): string {
  if (issues.length === 0) return message;
  const places = issues.map(({ path, message: problem }) => `${path} ${problem}`.trim());
  return `Not valid: ${places.join("; ")}`;
}

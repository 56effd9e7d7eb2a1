import { LIMITS } from "../../contract/limits.ts";

/** What a task gave as progress, as `customStatus` keeps it. */
export function progressText(text: unknown): string {
  return String(text).slice(0, LIMITS.customStatusChars);
}

import { isRestatePromise, type TerminalError } from "@restatedev/restate-sdk";
import { refusal } from "../failure.ts";

/** The error for a wrong argument. It ends the handler: any other error would be retried for ever. */
export function misuse(message: string): TerminalError {
  return refusal("INVALID_REQUEST", message);
}

/** Throws unless `value` is what Restate can wait for: a promise of its own. */
export function checkFuture(place: string, value: Promise<unknown>): void {
  if (isRestatePromise(value)) return;
  throw misuse(
    `${place} must be a RestatePromise (a call, ctx.run, ctx.sleep, …), got ${nameOf(value)}`,
  );
}

export function checkFutures(combinator: string, futures: readonly Promise<unknown>[]): void {
  for (const [index, future] of futures.entries()) checkFuture(`${combinator}: ${index}`, future);
}

/** Throws unless `value` is a whole number in that range. */
export function checkWhole(place: string, value: number, least: number, most = Infinity): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  throw misuse(`${place} must be a whole number ${range}, got ${value}`);
}

// --- internal ---

function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return value.constructor.name;
}

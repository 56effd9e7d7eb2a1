import { PauseError, RestateError, RetryableError, TerminalError } from "@restatedev/restate-sdk";
import type { OutcomeErrorCode } from "../contract/errors.ts";
import { thrownFailure, type Failure } from "../task/executor/attempt-result.ts";

/**
 * A failed attempt as a caller gets it: `metadata.code` is its code, and `metadata.retryable` is "true" if
 * it may be tried again.
 */
export function terminalError({ error, isFinal, retryAfterMs }: Failure): TerminalError {
  const { code, message } = error;
  return new TerminalError(message, {
    errorCode: code === INVALID_INPUT ? 400 : 500,
    metadata: {
      code,
      ...(isFinal ? {} : { retryable: "true" }),
      ...(retryAfterMs === null ? {} : { retryAfterMs: String(retryAfterMs) }),
    },
  });
}

/**
 * What a durable action's code threw. Restate's own errors are left as they are: a cancellation, say, or the
 * refusal of a call that it made; but for those by which code asks to be tried again: it is, as its job says.
 */
export function thrownError(thrown: unknown): Error {
  return isRestates(thrown) ? thrown : terminalError(thrownFailure(thrown));
}

// --- internal ---

function isRestates(thrown: unknown): thrown is RestateError {
  try {
    const asksAgain = thrown instanceof RetryableError || thrown instanceof PauseError;
    return thrown instanceof RestateError && !asksAgain;
  } catch {
    // It does not let itself be asked what it is.
    return false;
  }
}

const INVALID_INPUT: OutcomeErrorCode = "INVALID_INPUT";

import type { CallErrorCode } from "../../services/contract/errors.ts";

/**
 * The contract's codes, and what a client alone can say: nobody answered or the answer was lost
 * (`UNREACHABLE`), the server or a proxy before it refused the call (`INGRESS_ERROR`), the call was
 * ended from outside, by an operator for instance (`INVOCATION_FAILED`).
 */
export type FanfoldErrorCode =
  CallErrorCode | "UNREACHABLE" | "INGRESS_ERROR" | "INVOCATION_FAILED";

/** Every call that fails throws one of these, but for a call whose signal was aborted: that throws the signal's reason. */
export class FanfoldError extends Error {
  override readonly name = "FanfoldError";
  readonly code: FanfoldErrorCode;
  /** Of the HTTP answer; undefined if there was none. */
  readonly status: number | undefined;
  /** What is wrong with each place of a request. */
  readonly issues: readonly Issue[];
  readonly retryAfterMs: number | undefined;

  constructor(code: FanfoldErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.issues = details.issues ?? [];
    this.retryAfterMs = details.retryAfterMs;
  }
}

export interface Issue {
  readonly path: string;
  readonly message: string;
}

/**
 * Whether it is a FanfoldError, and has one of these codes if any are given. It goes by the name: the class
 * may be there twice, in two bundles or in two frames.
 *
 * @example if (isFanfoldError(error, "JOB_SEALED", "JOB_ENDED")) return;
 */
export function isFanfoldError<Code extends FanfoldErrorCode = FanfoldErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is FanfoldError & { readonly code: Code } {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  if (name !== "FanfoldError") return false;
  return codes.length === 0 || codes.some((one) => one === code);
}

/** What an answer that is no success says. */
export function refusalOf(status: number, text: string): FanfoldError {
  const { message, source, metadata = {} } = parsed(text);
  const { code, issues, retryAfterMs } = metadata;
  return new FanfoldError(
    code ?? codeWithoutMetadata(status, source),
    message ?? `The answer was ${status} ${text.slice(0, SHOWN_CHARS)}`.trim(),
    {
      status,
      ...(issues === undefined ? {} : { issues: JSON.parse(issues) as Issue[] }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs: Number(retryAfterMs) }),
    },
  );
}

// --- internal ---

const SHOWN_CHARS = 200;

interface ErrorDetails {
  readonly status?: number;
  readonly issues?: readonly Issue[];
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The body of a refusal as Restate writes it; anything may stand before the server. */
interface Refusal {
  readonly message?: string;
  readonly source?: string;
  readonly metadata?: { code?: CallErrorCode; issues?: string; retryAfterMs?: string };
}

function parsed(text: string): Refusal {
  try {
    return (JSON.parse(text) as Refusal | null) ?? {};
  } catch {
    return {};
  }
}

function codeWithoutMetadata(status: number, source: string | undefined): FanfoldErrorCode {
  if (status === 413) return "REQUEST_TOO_LARGE";
  return source === "invocation" ? "INVOCATION_FAILED" : "INGRESS_ERROR";
}

/** What can be read of something that was thrown. */
export interface Thrown {
  name?: string;
  message: string;
  stack?: string;
  code?: string;
  retryAfter?: unknown;
}

/** Reads whatever was thrown, getters that throw included. */
export function readThrown(thrown: unknown): Thrown {
  try {
    if (typeof thrown !== "object" || thrown === null) return { message: String(thrown) };
    const { name, message, stack, code, retryAfter } = thrown as Record<string, unknown>;
    return {
      ...(typeof name === "string" ? { name } : {}),
      message: typeof message === "string" ? message : describe(thrown),
      ...(typeof stack === "string" ? { stack } : {}),
      ...(isCode(code) ? { code } : {}),
      retryAfter,
    };
  } catch {
    return { message: "an error that cannot be read" };
  }
}

/** What errors are told apart by. Something longer is none: it would be kept with every outcome. */
export function isCode(code: unknown): code is string {
  return typeof code === "string" && code.length > 0 && code.length <= CODE_CHARS;
}

// --- internal ---

const CODE_CHARS = 100;
const DESCRIPTION_CHARS = 4_000;

function describe(thrown: object): string {
  return (JSON.stringify(thrown) ?? "an error without a message").slice(0, DESCRIPTION_CHARS);
}

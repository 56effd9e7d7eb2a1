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
      ...(typeof code === "string" && code.length > 0 && code.length <= 100 ? { code } : {}),
      retryAfter,
    };
  } catch {
    return { message: "an error that cannot be read" };
  }
}

// --- internal ---

const DESCRIPTION_CHARS = 4_000;

function describe(thrown: object): string {
  return (JSON.stringify(thrown) ?? "an error without a message").slice(0, DESCRIPTION_CHARS);
}

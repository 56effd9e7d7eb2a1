/** A refused call, as a value. `code` is the contract's; undefined when the server itself refused. */
export interface Refusal {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
  readonly issues: { path: string; message: string }[];
  readonly retryAfterMs: number | undefined;
}

/** What a call came to. */
export type Answer =
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  | ({ readonly ok: false } & Refusal);

export interface PostOptions {
  /** The body as it is sent; by default `body` as JSON. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly contentType?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls an ingress. */
export function httpClient(baseUrl: string) {
  const call = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(`${baseUrl}/${path}`, {
      ...init,
      signal: AbortSignal.timeout(
        path.endsWith("outcome") || path.endsWith("run") ? WAITING_MS : CALL_MS,
      ),
    });
    const text = await response.text();
    if (response.ok) {
      return {
        ok: true,
        status: response.status,
        body: text === "" ? undefined : JSON.parse(text),
      };
    }
    return { ok: false, ...refusalOf(response.status, text) };
  };

  return {
    get: (path: string) => call(path, { method: "GET" }),
    post: (path: string, body?: unknown, options: PostOptions = {}) => {
      const { raw, contentType = "application/json", headers } = options;
      const sent = raw ?? (body === undefined ? null : JSON.stringify(body));
      return call(path, {
        method: "POST",
        body: sent,
        headers: {
          ...(sent !== null && contentType !== null ? { "content-type": contentType } : {}),
          ...headers,
        },
      });
    },
  };
}

export type HttpClient = ReturnType<typeof httpClient>;

/** The body of a call that was to succeed. */
export async function accepted(call: Promise<Answer>): Promise<unknown> {
  const answer = await call;
  if (answer.ok) return answer.body;
  throw new Error(`refused: ${answer.status} ${answer.code ?? "(no code)"} ${answer.message}`);
}

/** The refusal of a call that was not to succeed. */
export async function refused(call: Promise<Answer>): Promise<Refusal> {
  const answer = await call;
  if (!answer.ok) return answer;
  throw new Error(`not refused: ${answer.status} ${JSON.stringify(answer.body).slice(0, 500)}`);
}

// --- internal ---

/** A call that is retried for ever must not take the test with it. */
const CALL_MS = 15_000;
const WAITING_MS = 50_000;

function refusalOf(status: number, text: string): Refusal {
  const { message = text, metadata = {} } = parsed(text);
  const { code, issues, retryAfterMs } = metadata;
  return {
    status,
    code,
    message,
    issues: issues === undefined ? [] : (JSON.parse(issues) as Refusal["issues"]),
    retryAfterMs: retryAfterMs === undefined ? undefined : Number(retryAfterMs),
  };
}

function parsed(text: string): { message?: string; metadata?: Record<string, string> } {
  try {
    return JSON.parse(text) as { message?: string; metadata?: Record<string, string> };
  } catch {
    return {};
  }
}

import { sleep } from "./abort.ts";
import { FanfoldError, refusalOf } from "./error.ts";

export interface ConnectOptions {
  /** Where the Restate server takes calls, such as `http://127.0.0.1:8080`. */
  readonly ingressUrl?: string;
  /** Several such addresses of one cluster. The first that answers is kept until it fails. */
  readonly ingressUrls?: readonly string[];
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CallOptions {
  /** Aborts whatever is being waited for; the call then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How often a call may be sent when it is not known whether it has arrived:
 * - `repeatable`: again for 30 seconds after it has failed;
 * - `lasting`: again without end, once the ingress has answered any call: an outage is waited for, a wrong
 *   address is not;
 * - `once`: never.
 */
export type Repetition = "repeatable" | "lasting" | "once";

export interface Call extends CallOptions {
  /** JSON */
  readonly body?: string;
  readonly repetition: Repetition;
}

/** Calls a handler of the ingress and answers what it answered. */
export type Ingress = <Answer>(path: string, call: Call) => Promise<Answer>;

export function openIngress({ ingressUrl, ingressUrls, headers }: ConnectOptions): Ingress {
  const urls = addresses(ingressUrls ?? (ingressUrl === undefined ? [] : [ingressUrl]));
  let chosen = 0;
  let hasAnswered = false;

  return async <Answer>(path: string, { body, repetition, signal }: Call): Promise<Answer> => {
    let failsSince: number | undefined;
    for (let failures = 1; ; failures += 1) {
      signal?.throwIfAborted();
      const address = chosen;
      try {
        const answer = await send<Answer>(`${urls[address]}/${path}`, { body, headers, signal });
        hasAnswered = true;
        return answer;
      } catch (error) {
        if (!(error instanceof FanfoldError)) throw error;
        if (error.status !== undefined) hasAnswered = true;
        if (!isTransient(error)) throw error;
        if (chosen === address) chosen = (address + 1) % urls.length;
        if (repetition === "once") throw error;
        failsSince ??= Date.now();
        const round = failures / urls.length;
        // The other addresses are tried at once.
        if (!Number.isInteger(round)) continue;
        const delay = backoffMs(round);
        const isEndless = repetition === "lasting" && hasAnswered;
        if (!isEndless && Date.now() + delay > failsSince + PATIENCE_MS) throw error;
        await sleep(delay, signal);
      }
    }
  };
}

// --- internal ---

const PATIENCE_MS = 30_000;
/** No handler takes as long to answer; a connection that says nothing for so long is dead. */
const ANSWER_MS = 120_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;

function addresses(urls: readonly string[]): readonly string[] {
  if (urls.length === 0) throw new TypeError("expected ingressUrl, or at least one of ingressUrls");
  for (const url of urls) {
    if (!/^https?:\/\/./.test(url)) throw new TypeError(`expected an http address, got "${url}"`);
  }
  return urls.map((url) => url.replace(/\/+$/, ""));
}

interface Sent extends CallOptions {
  readonly body: string | undefined;
  readonly headers: ConnectOptions["headers"];
}

/** Sends once. Throws a FanfoldError, or the signal's reason. */
async function send<Answer>(url: string, { body, headers, signal }: Sent): Promise<Answer> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), ANSWER_MS);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        ...headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body ?? null,
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    });
    const text = await response.text();
    if (!response.ok) throw refusalOf(response.status, text);
    return parsed<Answer>(url, text, response.status);
  } catch (cause) {
    if (cause instanceof FanfoldError) throw cause;
    signal?.throwIfAborted();
    throw new FanfoldError("UNREACHABLE", `No answer from ${new URL(url).origin}.`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

function parsed<Answer>(url: string, text: string, status: number): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch (cause) {
    const message = `What ${new URL(url).origin} answered is no JSON.`;
    throw new FanfoldError("INGRESS_ERROR", message, { status, cause });
  }
}

/** Whether the same call may get another answer when it is sent again. */
function isTransient({ code, status = 0 }: FanfoldError): boolean {
  if (code === "INGRESS_ERROR") return status >= 500 || status === 429;
  return code === "UNREACHABLE" || code === "CANNOT_CHECK_ACTION";
}

/** Between half and all of a time that doubles with each round. */
function backoffMs(round: number): number {
  const most = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (round - 1));
  return most * (0.5 + Math.random() / 2);
}

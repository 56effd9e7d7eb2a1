import { vi } from "vitest";

/** What happens to one call. */
export type Fate =
  /** an answer; a string is its text, anything else is written as JSON */
  | { readonly status: number; readonly body?: unknown }
  /** the connection was refused */
  | "refused"
  /** the connection was lost before the answer */
  | "lost"
  /** nothing comes, ever */
  | "silence";

export interface Sent {
  readonly url: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Stands in for `fetch`: each call meets the next fate, the last one stays. */
export function fakeFetch(...fates: readonly Fate[]) {
  const sent: Sent[] = [];
  const fake = async (url: string, init: FakeInit): Promise<Response> => {
    const fate = fates[Math.min(sent.length, fates.length - 1)]!;
    const { body, headers } = init;
    sent.push({ url, headers, body: body === null ? undefined : (JSON.parse(body) as unknown) });
    init.signal.throwIfAborted();
    if (fate === "refused") throw failed("ECONNREFUSED");
    if (fate === "lost") throw failed("ECONNRESET");
    if (fate === "silence") {
      return new Promise((_resolve, reject) => {
        const { signal } = init;
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    }
    const { status, body: answer } = fate;
    return new Response(typeof answer === "string" ? answer : JSON.stringify(answer), { status });
  };
  vi.stubGlobal("fetch", fake);
  return { sent, hosts: () => sent.map(({ url }) => new URL(url).host) };
}

export const answer = (body: unknown = {}): Fate => ({ status: 200, body: JSON.stringify(body) });

/** A refusal as Fanfold's handlers give it. */
export const refusal = (status: number, code: string, more: object = {}) => ({
  status,
  body: { code: status, message: "No.", metadata: { code, ...more }, source: "invocation" },
});

// --- internal ---

interface FakeInit {
  readonly body: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** As Node's fetch fails. */
const failed = (code: string) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });

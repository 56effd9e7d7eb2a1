import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { systemClock, type Clock } from "../task/executor/clock.ts";

export type Http2Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/**
 * Restate's server signs the path, an object's key and the second in which it calls: calls of a handler in one
 * second carry the same token. To check one takes the SDK 0.3 ms of processor time, more than some calls do. A
 * token that `checked` has accepted goes on to `unchecked`, with calls of the same path, for a second more.
 */
export function sparingChecks(
  { checked, unchecked }: { readonly checked: Http2Handler; readonly unchecked: Http2Handler },
  clock: Pick<Clock, "now"> = systemClock,
): Http2Handler {
  /** by path, the last one that was accepted */
  const accepted = new Map<string, { readonly token: string; readonly until: number }>();
  return (request, response) => {
    const { url, headers } = request;
    const isSigned = headers["x-restate-signature-scheme"] === "v1";
    const token = isSigned ? headers["x-restate-jwt-v1"] : undefined;
    const known = accepted.get(url);
    if (known && known.token === token && clock.now() < known.until)
      return unchecked(request, response);
    checked(request, response);
    // The SDK answers at once whether it lets a call in. If it did not, no token would be taken for accepted.
    const isAccepted = response.headersSent && response.statusCode === 200;
    if (isAccepted && typeof token === "string" && INVOKE.test(url)) {
      accepted.set(url, { token, until: clock.now() + GOOD_FOR_MS });
    }
  };
}

// --- internal ---

/** Paths of handlers, read as they stand: what is none of them may be answered to whoever asks. */
const INVOKE = /^\/invoke\/[a-zA-Z][\w.-]*\/\w+$/;

/** A token is good for a minute from its second on. */
const GOOD_FOR_MS = 1_000;

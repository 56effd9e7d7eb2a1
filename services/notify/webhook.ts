import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from "node:dns";
import * as http from "node:http";
import * as https from "node:https";
import type { LookupFunction } from "node:net";
import type { AddressPolicy } from "./address.ts";
import { webhookHeaders, type Secrets } from "./signature.ts";

/** How webhooks leave this process. */
export interface WebhookSettings {
  readonly policy: AddressPolicy;
  readonly secrets: Secrets;
}

export interface Webhook {
  /** the same in each attempt: receivers know by it what they have seen */
  readonly id: string;
  readonly url: string;
  readonly body: string;
}

/** What one attempt came to. */
export type Attempted =
  { readonly ok: true } | { readonly ok: false; readonly error: string; readonly isFinal: boolean };

/** Posts a webhook once; never throws. For durable steps: it reads the clock. */
export async function postWebhook(
  settings: WebhookSettings,
  webhook: Webhook,
  lookup: Lookup = systemLookup,
): Promise<Attempted> {
  try {
    const status = await post(settings, webhook, lookup);
    if (status >= 200 && status < 300) return { ok: true };
    return { ok: false, error: `The receiver answered ${status}.`, isFinal: status === GONE };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const message = error.name === "AbortError" ? `No answer in ${TIMEOUT_MS} ms.` : error.message;
    return { ok: false, error: message.slice(0, 200), isFinal: error instanceof NotAllowed };
  }
}

/** `dns.lookup` in the form that gives all addresses. */
export type Lookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

// --- internal ---

const TIMEOUT_MS = 10_000;
const GONE = 410;

/** The policy does not let it through: to try again changes nothing. */
class NotAllowed extends Error {}

/** Answers the status. No redirect is followed, and nothing else of the answer is read. */
function post(
  { policy, secrets }: WebhookSettings,
  { id, url: address, body }: Webhook,
  lookup: Lookup,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const url = new URL(address);
    const refusal = policy.refusal(url);
    if (refusal !== null) throw new NotAllowed(`The address ${refusal}.`);
    const at = Math.floor(Date.now() / 1_000);
    const { request } = url.protocol === "https:" ? https : http;
    const sent = request(url, {
      method: "POST",
      // No connection is shared, and no proxy resolves the name in our stead.
      agent: false,
      lookup: checkedLookup(policy, url, lookup),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "user-agent": "fanfold",
        ...webhookHeaders(secrets, { id, at, body }),
      },
    });
    sent.once("response", (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.on("error", reject);
    sent.once("close", () => reject(new Error("The connection was closed without an answer.")));
    sent.end(body);
  });
}

/** Judges the very addresses that are connected to: a name cannot mean another one in between. */
function checkedLookup(policy: AddressPolicy, url: URL, lookup: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const refused = addresses.find(({ address }) => !policy.allows(url, address));
      if (refused) {
        const message = `${hostname} leads to ${refused.address}, which is not public.`;
        return callback(new NotAllowed(message), []);
      }
      const [first] = addresses;
      if (options.all || !first) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

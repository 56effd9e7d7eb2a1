import { createHmac } from "node:crypto";

/** What a webhook is signed with: all secrets at once, so that a receiver can change from one to the next. */
export type Secrets = readonly Uint8Array[];

/** Reads `whsec_<base64>`, or several of them with spaces between. */
export function webhookSecrets(text: string): Secrets {
  return text
    .split(/\s+/)
    .filter((secret) => secret !== "")
    .map((secret) => {
      const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
      const key = Buffer.from(base64 ?? "", "base64");
      if (key.length >= LEAST_BYTES) return key;
      throw new TypeError(
        `FANFOLD_WEBHOOK_SECRET takes whsec_ and ${LEAST_BYTES} bytes or more in base64, got something else`,
      );
    });
}

/** The headers of one attempt, as Standard Webhooks 1.0 has them. `at` is in seconds since the epoch. */
export function webhookHeaders(
  secrets: Secrets,
  { id, at, body }: { id: string; at: number; body: string },
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const signature = createHmac("sha256", secret).update(`${id}.${at}.${body}`).digest("base64");
    return `v1,${signature}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": String(at),
    ...(signatures.length > 0 ? { "webhook-signature": signatures.join(" ") } : {}),
  };
}

// --- internal ---

const LEAST_BYTES = 24;

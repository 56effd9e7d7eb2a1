import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { webhookHeaders, webhookSecrets } from "../../../services/notify/signature.ts";
import { holds } from "../support/property.ts";

/** The example of the Standard Webhooks specification and of its libraries. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const MESSAGE = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  at: 1_614_265_330,
  body: '{"test": 2432232314}',
};
const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const OTHER = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

describe("webhookHeaders", () => {
  it("signs id, time and body as Standard Webhooks does", () => {
    expect(webhookHeaders(webhookSecrets(SECRET), MESSAGE)).toEqual({
      "webhook-id": MESSAGE.id,
      "webhook-timestamp": "1614265330",
      "webhook-signature": SIGNATURE,
    });
  });

  it("signs with each of several secrets", () => {
    const headers = webhookHeaders(webhookSecrets(`${OTHER} ${SECRET}`), MESSAGE);
    const signatures = headers["webhook-signature"]?.split(" ");
    expect(signatures).toEqual([expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/), SIGNATURE]);
  });

  it("has no signature without a secret", () => {
    expect(webhookHeaders(webhookSecrets(""), MESSAGE)).toEqual({
      "webhook-id": MESSAGE.id,
      "webhook-timestamp": "1614265330",
    });
  });
});

describe("a receiver that uses the library of Standard Webhooks", () => {
  const secretText = fc
    .uint8Array({ minLength: 24, maxLength: 64 })
    .map((key) => `whsec_${Buffer.from(key).toString("base64")}`);
  const id = fc.tuple(fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/), fc.nat(16));
  const message = fc
    .record({
      id: id.map(([jobId, stage]) => `${jobId}/1/0badcafe/${stage}/0`),
      data: fc.jsonValue(),
    })
    .map(({ id, data }) => ({ id, at: now(), body: JSON.stringify({ data }) }));

  it("accepts whatever is sent, with any one of the secrets", () => {
    holds(
      fc.property(fc.array(secretText, { minLength: 1, maxLength: 3 }), message, (texts, sent) => {
        const headers = webhookHeaders(webhookSecrets(texts.join(" ")), sent);
        for (const text of texts) {
          expect(new Webhook(text).verify(sent.body, headers)).toEqual(JSON.parse(sent.body));
        }
      }),
    );
  });

  const sentAt = now();
  it.each([
    ["another body", { body: '{"data":8}' }],
    ["another id", { id: "job/2/0badcafe/job/0" }],
    ["another time", { at: sentAt + 1 }],
  ])("refuses %s", (_, change) => {
    const sent = { id: "job/1/0badcafe/job/0", at: sentAt, body: '{"data":7}' };
    const headers = webhookHeaders(webhookSecrets(SECRET), sent);
    const got = { ...sent, ...change };
    const changed = {
      ...headers,
      "webhook-id": got.id,
      "webhook-timestamp": String(got.at),
    };
    const verify = () => new Webhook(SECRET).verify(got.body, changed);
    expect(verify).toThrow("No matching signature found");
  });

  it("refuses what another secret has signed, and what none has", () => {
    const sent = { id: "job/1/0badcafe/job/0", at: now(), body: "{}" };
    const verify = (text: string) =>
      new Webhook(SECRET).verify(sent.body, webhookHeaders(webhookSecrets(text), sent));
    expect(() => verify(OTHER)).toThrow("No matching signature found");
    expect(() => verify("")).toThrow("Missing required headers");
  });
});

describe("webhookSecrets", () => {
  it.each([`${SECRET}  ${OTHER}`, ` ${SECRET}\n${OTHER} `])("reads two of %j", (text) => {
    expect(webhookSecrets(text)).toHaveLength(2);
  });

  it.each([
    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_",
    "whsec_short",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa$w",
    `${SECRET},${OTHER}`,
  ])("refuses %j, and does not repeat it", (text) => {
    expect(() => webhookSecrets(text)).toThrow(/^FANFOLD_WEBHOOK_SECRET takes whsec_/);
    expect(() => webhookSecrets(text)).not.toThrow("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa");
  });
});

// --- internal ---

/** In seconds: the library refuses what is older than five minutes. */
function now(): number {
  return Math.floor(Date.now() / 1_000);
}

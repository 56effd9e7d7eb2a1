import { describe, expect, it } from "vitest";
import { webhookHeaders, webhookSecrets } from "../../../services/notify/signature.ts";

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

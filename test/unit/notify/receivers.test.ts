import { describe, expect, it } from "vitest";
import { action } from "../../../services/actions.ts";
import { JobRequest } from "../../../services/contract/job-request.ts";
import { addressPolicy } from "../../../services/notify/address.ts";
import { checkReceivers } from "../../../services/notify/receivers.ts";

const known = action({ name: "known", run: () => null });
const engine = {
  findAction: (name: string) => (name === "known" ? known : undefined),
  webhookPolicy: addressPolicy(""),
};
const request = (fields: object) =>
  JobRequest.parse({ action: "known", fanout: { tasks: 1 }, ...fields });
const inStage = (receiver: object) => ({
  nextActions: ["known", { action: "known", onComplete: [{ action: "known" }, receiver] }],
});
const inChain = (receiver: object) => ({
  action: undefined,
  actionChain: [{ action: "known", onComplete: [receiver] }],
});

describe("checkReceivers", () => {
  it.each([
    {},
    { onComplete: [] },
    { onComplete: [{ action: "known" }] },
    inStage({ action: "known" }),
  ])("accepts %j", (fields) => {
    expect(() => checkReceivers(request(fields), engine)).not.toThrow();
  });

  it("accepts a name without looking it up", () => {
    const fields = { onComplete: [{ webhook: "https://localhost/" }] };
    expect(() => checkReceivers(request(fields), engine)).not.toThrow();
  });

  it.each([
    ["onComplete.0.webhook", (receiver: object) => ({ onComplete: [receiver] })],
    ["nextActions.1.onComplete.1.webhook", inStage],
    ["actionChain.0.onComplete.0.webhook", inChain],
  ])("names %s", (path, fieldsOf) => {
    const asked = request(fieldsOf({ webhook: "https://10.0.0.1/" }));
    expect(() => checkReceivers(asked, engine)).toThrow(
      `Invalid request: ${path}: must not lead to 10.0.0.1, which is not public`,
    );
  });

  it.each([inStage, inChain])("refuses an action that nobody registered", (fieldsOf) => {
    expect(() => checkReceivers(request(fieldsOf({ action: "nobody" })), engine)).toThrow(
      'No action "nobody" is registered.',
    );
  });
});

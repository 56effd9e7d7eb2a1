import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../clients/client/index.ts";
import { startFanfold, type Fanfold } from "../../services/embedded/fanfold.ts";
import {
  campaignRequest,
  startLocalCampaign,
  type LocalCampaign,
} from "../../services/samples/campaign/local.ts";
import { sendEmails } from "../../services/samples/campaign/send-emails.ts";

const size = { pages: 5, perPage: 20 };
/** A handler that is cut off after every step runs again what was not committed: mails come twice. */
const isCutOff = process.env["FANFOLD_TEST_SUSPEND"] === "1";

let campaign: LocalCampaign;
let fanfold: Fanfold;

beforeAll(async () => {
  campaign = await startLocalCampaign(size);
  fanfold = await startFanfold({ samples: true, workerEnv: campaign.env });
});

afterAll(async () => {
  await fanfold?.stop();
  await campaign?.stop();
});

it("sends every recipient of every page one mail", async () => {
  const client = connect({ ingressUrl: fanfold.ingressUrl });
  const job = await client.submit({ jobId: "campaign", ...campaignRequest(size) });
  const outcome = await job.outcome();

  expect(outcome).toMatchObject({
    status: "SUCCEEDED",
    taskCounts: { total: 105, SUCCEEDED: 105 },
    stages: [{ taskCounts: { SUCCEEDED: 5 } }, { taskCounts: { SUCCEEDED: 100 } }],
    receipt: { retries: 0 },
  });
  expect(outcome.stages[0]?.result).toContainEqual({
    ok: true,
    value: { page: 5, recipients: 20 },
  });
  expect(outcome.result).toContainEqual({
    ok: true,
    value: { messageId: "campaign/1/99@fanfold.example" },
  });
  expect(await campaign.mailServer.counts()).toEqual({
    mails: isCutOff ? expect.any(Number) : 100,
    recipients: 100,
  });
});

it("fails the tasks whose recipient is no address, and sends the others", async () => {
  const client = connect({ ingressUrl: fanfold.ingressUrl });
  const before = await campaign.mailServer.counts();
  const recipient = (id: number, email: string) => ({ id, name: "Ada", email });
  const job = await client.submit({
    action: sendEmails,
    payload: { campaign: 1 },
    fanout: {
      foreach: { items: [recipient(1, "ada@example.org"), recipient(2, "a@b\r\nBcc: c@d")] },
    },
  });
  const outcome = await job.outcome();

  expect(outcome).toMatchObject({ status: "FAILED", taskCounts: { SUCCEEDED: 1, FAILED: 1 } });
  expect(outcome.result).toMatchObject([
    { ok: true, value: { messageId: `${job.id}/0/0@fanfold.example` } },
    { ok: false, error: { code: "INVALID_INPUT", message: "item.email: must be a mail address" } },
  ]);
  expect((await campaign.mailServer.counts()).recipients).toBe(before.recipients + 1);
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobRequest } from "../../contract/job-request.ts";
import { startCatchAll, type CatchAll } from "./catch-all.ts";
import { buildRecipientDatabase } from "./recipient-database.ts";

export interface CampaignSize {
  readonly pages: number;
  readonly perPage: number;
}

/** What a campaign needs around it. */
export interface LocalCampaign {
  readonly mailServer: CatchAll;
  /** Environment of the worker that runs the campaign's actions. */
  readonly env: { readonly FANFOLD_CAMPAIGN_DB: string; readonly FANFOLD_SMTP_URL: string };
  stop(): Promise<void>;
}

const campaign = 99;
const targetList = 42;

/** A database of recipients in a temporary folder and a mail server that takes everything. */
export async function startLocalCampaign({ pages, perPage }: CampaignSize): Promise<LocalCampaign> {
  const folder = mkdtempSync(join(tmpdir(), "fanfold-campaign-"));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  try {
    const file = join(folder, "recipients.db");
    buildRecipientDatabase(file, { targetList, count: pages * perPage });
    const mailServer = await startCatchAll();
    return {
      mailServer,
      env: { FANFOLD_CAMPAIGN_DB: file, FANFOLD_SMTP_URL: mailServer.url },
      async stop() {
        await mailServer.stop();
        removeFolder();
      },
    };
  } catch (error) {
    removeFolder();
    throw error;
  }
}

/**
 * The campaign as a job: a task for each page, whose recipients become the tasks of the next stage.
 * Four pages at a time from a database a fifth of a second away: the mails overtake the reading.
 */
export function campaignRequest({ pages, perPage }: CampaignSize) {
  return {
    action: "prepare_recipients",
    payload: { campaign, targetList, perPage, latencyMs: 200 },
    fanout: { range: { as: "page", start: 1, stop: pages } },
    limits: { concurrency: 4 },
    nextActions: [{ action: "send_emails", limits: { concurrency: 50 } }],
  } satisfies JobRequest;
}

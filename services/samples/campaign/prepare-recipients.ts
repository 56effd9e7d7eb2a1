import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { action, emit } from "../../actions.ts";
import { recipientPages } from "./recipient-database.ts";
import { setting } from "../setting.ts";

const PageInput = z.object({
  campaign: z.int(),
  targetList: z.int(),
  page: z.int().min(1),
  perPage: z.int().min(1),
  /** how far away the database is: a page comes this much later */
  latencyMs: z.number().min(0).default(0),
});

let readPage: ReturnType<typeof recipientPages> | undefined;

/** Reads one page of a campaign's target list and gives each recipient to the next stage. */
export const prepareRecipients = action({
  name: "prepare_recipients",
  input: PageInput,
  output: z.object({ page: z.int(), recipients: z.int() }),
  run: async (task, { signal }) => {
    const { latencyMs, page } = task.input;
    readPage ??= recipientPages(setting("FANFOLD_CAMPAIGN_DB"));
    if (latencyMs > 0) await sleep(latencyMs, undefined, { signal });
    const recipients = readPage(task.input);
    return emit({ page, recipients: recipients.length }, { foreach: { items: recipients } });
  },
});

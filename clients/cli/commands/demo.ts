import type { CampaignSize } from "../../../services/samples/campaign/local.ts";
import type { CliCommand } from "../command.ts";
import { UsageError } from "../shared/error-line.ts";
import { wholeNumber } from "../shared/values.ts";

export const demo: CliCommand = {
  name: "demo",
  group: "Run",
  summary: "Send a campaign of mails, on a server of its own",
  description:
    "Reads recipients page by page from a SQLite database and sends each a mail over SMTP to a catch-all " +
    "server, which counts them. Nothing is left behind. The exit code is 1 if a single mail is missing.",
  examples: [{ line: "fanfold demo --pages 5 --per-page 20", does: "a small one" }],
  define: (command) =>
    command
      .option("--pages <n>", "pages of recipients", wholeNumber(1, 100_000), 100)
      .option("--per-page <n>", "recipients of a page", wholeNumber(1, 10_000), 1_000)
      .action(async (size: CampaignSize) => {
        const mails = size.pages * size.perPage;
        if (mails > MOST_MAILS) {
          throw new UsageError(
            `--pages times --per-page must be at most ${MOST_MAILS}, got ${mails}`,
          );
        }
        await (await import("../demo/run.ts")).demo(size);
      }),
};

// --- internal ---

const MOST_MAILS = 1_000_000;

import type { CliCommand } from "../command.ts";
import type { Job } from "../../client/index.ts";
import { feed } from "../items/feed.ts";
import { fileId } from "../items/file-id.ts";
import { openItems } from "../items/open-items.ts";

import { onJob, type Connection } from "../shared/connection.ts";
import { interruptible } from "../shared/interruption.ts";
import { jsonOption, type JsonOption } from "../shared/json-option.ts";
import { print, printJson } from "../shared/output.ts";

export const append: CliCommand = {
  name: "append",
  group: "Feed",
  summary: "Add the items of a file to an open job",
  description:
    "Prints how many tasks its first stage then has. A file that was interrupted, or has been appended " +
    "already, may be appended again: its items are not taken twice, since its path makes the append's id. " +
    "Standard input has no name: without --append-id each run adds its items.",
  examples: [
    { line: "fanfold append feed --items recipients.csv", does: "a task for each row" },
    {
      line: "tail -n 2 recipients.ndjson | fanfold append feed --items - --append-id last-two",
      does: "what another program prints, safe to repeat by an id of one's own",
    },
  ],
  define: (command) =>
    onJob(command, run)
      .requiredOption("--items <path>", "an .ndjson or .csv file, or NDJSON for -")
      .option("--as <field>", "the input's field that takes an item; by default item")
      .option("--append-id <id>", "names this append; by default after the file's path")
      .option(...jsonOption),
};

// --- internal ---

type Options = Connection &
  JsonOption & { readonly items: string; readonly as?: string; readonly appendId?: string };

async function run(job: Job, options: Options): Promise<void> {
  const { items: path, as, appendId, json } = options;
  const id = appendId ?? (path === "-" ? undefined : fileId(path));
  const items = await openItems(path);
  await interruptible(
    async (signal) => {
      const answer = await feed(job, items, { as, id, signal });
      if (json) printJson(answer);
      else print(String(answer.total));
    },
    () =>
      id === undefined
        ? `Interrupted: some of the items may be in the job, see fanfold status ${job.id}.`
        : "Interrupted: the same command goes on.",
  );
}

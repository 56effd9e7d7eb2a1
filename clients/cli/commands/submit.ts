import { randomUUID } from "node:crypto";
import type { AppendAnswer } from "../../../services/contract/handlers.ts";
import type { Job, JobSpec } from "../../client/index.ts";
import type { CliCommand } from "../command.ts";
import { feed } from "../items/feed.ts";
import { openItems, type Items } from "../items/open-items.ts";
import {
  describedRequest,
  describingRequest,
  type FileOrOptions,
} from "../request/request-options.ts";
import { ingressOption, openClient, type Connection } from "../shared/connection.ts";
import { UsageError } from "../shared/error-line.ts";
import { detached, followToEnd } from "../shared/follow.ts";
import { interruptible } from "../shared/interruption.ts";
import { jsonOption, type JsonOption } from "../shared/json-option.ts";
import { print, printJson, say } from "../shared/output.ts";

export const submit: CliCommand = {
  name: "submit",
  group: "Feed",
  summary: "Start a job",
  description:
    "Prints the job's id. With --items the job is open, takes an item for each line or row, and is sealed at " +
    "the end of the file. The same command with the same --id and the same file goes on where it was " +
    "interrupted: each item becomes exactly one task.",
  examples: [
    { line: "fanfold submit probe --range 1:1000", does: "a task for each number from 1 to 1,000" },
    {
      line: "fanfold submit probe --id mails-1 --items recipients.ndjson --concurrency 50",
      does: "a task for each line of a file; started again, it goes on where it was",
    },
    {
      line: "grep example.org recipients.ndjson | fanfold submit probe --items - --watch",
      does: "a task for each line of standard input, and wait for the end",
    },
    {
      line: "fanfold submit --file request.json --label team=crm",
      does: "the request of a file, with a label more",
    },
  ],
  define: (command) =>
    describingRequest(command)
      .option(
        "--items <path>",
        "a task for each item of an .ndjson or .csv file, or of NDJSON for -",
      )
      .option("--watch", "wait for the end as fanfold watch does")
      .addOption(ingressOption())
      .option(...jsonOption)
      .action(run),
};

// --- internal ---

type Options = FileOrOptions &
  Connection &
  JsonOption & { readonly items?: string; readonly watch?: true };

async function run(action: string | undefined, options: Options): Promise<void> {
  const { json, ingressUrl, items: path, watch, ...described } = options;
  if (path === "-" && options.file === "-") {
    throw new UsageError("Standard input cannot be both --file and --items");
  }
  const { jobId = randomUUID(), ...request } = await describedRequest(action, described);
  // A file that cannot be read starts nothing.
  const items = path === undefined ? undefined : await openItems(path);
  const client = await openClient({ ingressUrl });
  const spec = { ...request, jobId, ...(items ? { open: true } : {}) } as JobSpec;

  let farewell = `Interrupted: fanfold watch ${jobId} says whether it was started.`;
  await interruptible(
    async (signal) => {
      // An equal request finds the job that it has started before.
      const job: Job = await client.submit(spec, { signal });
      let answer: AppendAnswer | undefined;
      if (items) {
        const again = `the same command with --id ${jobId} goes on`;
        say(`Job ${jobId}: if this is interrupted, ${again}.`);
        farewell = `Interrupted: ${again}, fanfold cancel ${jobId} ends the job.`;
        answer = await fill(job, items, options, signal);
      }
      if (json) printJson({ jobId, ...answer });
      else print(jobId);
      farewell = detached(jobId);
      if (watch) await followToEnd(job, { json, signal });
      else if (process.stderr.isTTY) say(`fanfold watch ${jobId} shows how it moves on.`);
    },
    () => farewell,
  );
}

async function fill(
  job: Job,
  items: Items,
  { as, open }: Options,
  signal: AbortSignal,
): Promise<AppendAnswer> {
  const answer = await feed(job, items, { as, id: "items", signal });
  if (!open) await job.seal({ signal });
  return answer;
}

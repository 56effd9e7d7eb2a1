import { Option } from "commander";
import type { JobSummary, ListedState } from "../../../services/contract/job-list.ts";
import type { CliCommand } from "../command.ts";
import { jobTable } from "../render/job-table.ts";
import { ingressOption, openClient, type Connection } from "../shared/connection.ts";
import { jsonOption, type JsonOption } from "../shared/json-option.ts";
import { print, printJson } from "../shared/output.ts";
import { LISTED_STATES } from "../shared/statuses.ts";
import { wholeNumber } from "../shared/values.ts";

export const ls: CliCommand = {
  name: "ls",
  group: "Look",
  summary: "List jobs, the newest first",
  description: "A paused job is listed as RUNNING: fanfold status knows better.",
  examples: [
    { line: "fanfold ls", does: "the last 20" },
    { line: "fanfold ls --status FAILED --label team=crm", does: "those that failed, of a label" },
    { line: "fanfold ls --limit 1000 --json", does: "as NDJSON" },
  ],
  define: (command) =>
    command
      .addOption(new Option("--status <status>", "only jobs that stand so").choices(LISTED_STATES))
      .option("--label <name[=value]>", "only jobs that have this label")
      .option("--limit <n>", "most jobs", wholeNumber(1), 20)
      .addOption(ingressOption())
      .option(...jsonOption)
      .action(list),
};

// --- internal ---

interface Options extends Connection, JsonOption {
  readonly status?: ListedState;
  readonly label?: string;
  readonly limit: number;
}

async function list({ json, limit, ingressUrl, ...filter }: Options): Promise<void> {
  const client = await openClient({ ingressUrl });
  const jobs: JobSummary[] = [];
  let listed = 0;
  for await (const job of client.list({ ...filter, limit: Math.min(limit, MOST_A_CALL) })) {
    if (json) printJson(job);
    else jobs.push(job);
    listed += 1;
    if (listed === limit) break;
  }
  if (!json) for (const line of jobTable(jobs)) print(line);
}

const MOST_A_CALL = 1_000;

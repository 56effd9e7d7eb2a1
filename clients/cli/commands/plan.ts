import type { PlanAnswer } from "../../../services/contract/handlers.ts";
import type { JobSpec } from "../../client/index.ts";
import type { CliCommand } from "../command.ts";
import { table } from "../render/table.ts";
import { count } from "../render/numbers.ts";
import {
  describedRequest,
  describingRequest,
  type FileOrOptions,
} from "../request/request-options.ts";
import { ingressOption, openClient, type Connection } from "../shared/connection.ts";
import { jsonOption, type JsonOption } from "../shared/json-option.ts";
import { print, printJson } from "../shared/output.ts";

export const plan: CliCommand = {
  name: "plan",
  group: "Feed",
  summary: "Check a request and say what it would run, without starting it",
  examples: [
    {
      line: "fanfold plan probe --range 1:1000 --next probe",
      does: "how many tasks each stage would have, and the input of the first and last",
    },
    { line: "fanfold plan --file request.json --json", does: "the same of a file, for programs" },
  ],
  define: (command) =>
    describingRequest(command)
      .addOption(ingressOption())
      .option(...jsonOption)
      .action(async (action: string | undefined, options: Options) => {
        const { json, ingressUrl, ...described } = options;
        // A plan has no job: its id, if one was given, is left out.
        const { jobId: _, ...request } = await describedRequest(action, described);
        const client = await openClient({ ingressUrl });
        const answer = await client.plan(request as JobSpec);
        if (json) printJson(answer);
        else
          for (const line of table(["stage", "action", "tasks", "first", "last"], rows(answer)))
            print(line);
      }),
};

// --- internal ---

type Options = FileOrOptions & Connection & JsonOption;

const rows = ({ stages }: PlanAnswer) =>
  stages.map(({ stage, action, tasks, first, last }) => [
    String(stage),
    action,
    tasks === null ? "?" : count(tasks),
    shown(first),
    shown(last),
  ]);

const shown = (input: unknown) => (input === undefined ? "" : JSON.stringify(input).slice(0, 40));

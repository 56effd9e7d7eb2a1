import type { CliCommand } from "../command.ts";
import { several } from "../render/numbers.ts";
import { onJob, type Connection } from "../shared/connection.ts";
import { EXIT } from "../shared/exit-codes.ts";
import { jsonOption, type JsonOption } from "../shared/json-option.ts";
import { print, printJson } from "../shared/output.ts";

export const verify: CliCommand = {
  name: "verify",
  group: "Look",
  summary: "Count a job's tasks anew, from what was recorded of each",
  description: "The exit code is 1 if there is a difference.",
  examples: [{ line: "fanfold verify nightly", does: "every outcome is there, once" }],
  define: (command) =>
    onJob(command, async (job, { json }: Connection & JsonOption) => {
      const answer = await job.verify();
      const { ok, differences, checked, inFlight } = answer;
      if (!ok) process.exitCode = EXIT.failure;
      if (json) return printJson(answer);
      print(
        `${ok ? "ok" : "NOT ok"}: ${several(checked, "outcome")} checked, ${several(inFlight, "task")} in flight`,
      );
      for (const difference of differences) print(difference);
    }).option(...jsonOption),
};

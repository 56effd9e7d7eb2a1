import type { CliCommand } from "../command.ts";
import { onJob, type Connection } from "../shared/connection.ts";
import { detached, followToEnd } from "../shared/follow.ts";
import { interruptible } from "../shared/interruption.ts";
import type { JsonOption } from "../shared/json-option.ts";

export const watch: CliCommand = {
  name: "watch",
  group: "Look",
  summary: "Show how a job moves on until it has ended",
  description:
    "A bar for each stage: = succeeded, x failed, - cancelled, > runs. Where standard error is no terminal, " +
    "a line for each 10 %. Ctrl-C detaches, the job goes on.",
  examples: [
    {
      line: "fanfold watch nightly",
      does: "two of its tasks failed: the exit code is 2",
      exits: 2,
    },
    { line: "fanfold watch nightly --json", does: "a status a second as NDJSON", exits: 2 },
  ],
  define: (command) =>
    onJob(command, (job, { json }: Connection & JsonOption) =>
      interruptible(
        (signal) => followToEnd(job, { json, signal }),
        () => detached(job.id),
      ),
    ).option("--json", "statuses as NDJSON on standard output, one a second"),
};

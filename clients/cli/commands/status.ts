import type { CliCommand } from "../command.ts";
import { renderStatus } from "../render/progress.ts";
import { renderDetails } from "../render/details.ts";
import { reading } from "../shared/reading.ts";

export const status: CliCommand = {
  name: "status",
  group: "Look",
  summary: "Say where a job stands",
  examples: [
    { line: "fanfold status nightly", does: "a line for each stage" },
    { line: "fanfold status nightly --json", does: "the JobStatus of the contract" },
  ],
  define: (command) =>
    reading(
      command,
      (job) => job.status(),
      (answer, { columns }) => [...renderStatus(answer, columns), ...renderDetails(answer)],
    ),
};

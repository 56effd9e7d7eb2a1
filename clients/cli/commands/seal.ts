import type { CliCommand } from "../command.ts";
import { ordering } from "../shared/control.ts";

export const seal: CliCommand = {
  name: "seal",
  group: "Feed",
  summary: "Say that no more items will be appended to an open job",
  examples: [
    { line: "fanfold seal feed", does: "what it has is all; printed is how the job stands then" },
  ],
  define: (command) => ordering(command, (job) => job.seal()),
};

import type { CliCommand } from "../command.ts";
import { ordering } from "../shared/control.ts";

export const pause: CliCommand = {
  name: "pause",
  group: "Steer",
  summary: "Start no more tasks of a job; what runs ends",
  examples: [{ line: "fanfold pause mailing", does: "until fanfold resume mailing" }],
  define: (command) => ordering(command, (job) => job.pause()),
};

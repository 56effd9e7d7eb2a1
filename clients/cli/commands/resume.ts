import type { CliCommand } from "../command.ts";
import { ordering } from "../shared/control.ts";

export const resume: CliCommand = {
  name: "resume",
  group: "Steer",
  summary: "Go on with a paused job",
  examples: [{ line: "fanfold resume mailing", does: "go on" }],
  define: (command) => ordering(command, (job) => job.resume()),
};

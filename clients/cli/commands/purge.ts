import type { CliCommand } from "../command.ts";
import { ordering } from "../shared/control.ts";

export const purge: CliCommand = {
  name: "purge",
  group: "Steer",
  summary: "Forget an ended job and its results",
  description: "Its id is free at once. A job whose retention is over is forgotten by itself.",
  examples: [{ line: "fanfold purge nightly", does: "nightly may be submitted anew" }],
  define: (command) => ordering(command, (job) => job.purge()),
};

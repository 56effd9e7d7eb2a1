import type { CliCommand } from "../command.ts";
import { ordering } from "../shared/control.ts";

export const cancel: CliCommand = {
  name: "cancel",
  group: "Steer",
  summary: "End a job; what it has done stays readable",
  description: "Nothing new starts, and what runs is told to stop. The first reason stays.",
  examples: [
    {
      line: 'fanfold cancel mailing --reason "wrong list"',
      does: "the reason stands in its outcome",
    },
  ],
  define: (command) =>
    ordering<{ reason?: string }>(command, (job, { reason }) =>
      job.cancel(reason === undefined ? {} : { reason }),
    ).option("--reason <text>", "why"),
};

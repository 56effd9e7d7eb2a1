import type { CliCommand } from "../command.ts";
import { ingressOption, openClient, type Connection } from "../shared/connection.ts";
import { printAnswer } from "../shared/control.ts";
import { jsonOption, type JsonOption } from "../shared/json-option.ts";
import { json } from "../shared/values.ts";

export const event: CliCommand = {
  name: "event",
  group: "Steer",
  summary: "Raise an event that tasks of a job wait for",
  description:
    "Everyone who waits for it, now or later, gets its payload. A name has one payload for good.",
  examples: [
    { line: "fanfold event mailing approved", does: "without a payload" },
    { line: `fanfold event mailing chosen '{"by":"ada"}'`, does: "with one" },
  ],
  define: (command) =>
    command
      .argument("<job>", "id of the job")
      .argument("<name>", "of the event")
      .argument("[payload]", "JSON", json)
      .addOption(ingressOption())
      .option(...jsonOption)
      .action(
        async (id: string, name: string, payload: unknown, options: Connection & JsonOption) => {
          const client = await openClient(options);
          printAnswer(await client.job(id).raiseEvent({ name, payload }), options);
        },
      ),
};

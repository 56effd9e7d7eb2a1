import type { RedriveRequest } from "../../../services/contract/handlers.ts";
import type { Job } from "../../client/index.ts";
import type { CliCommand } from "../command.ts";
import { onJob, type Connection } from "../shared/connection.ts";
import { printAnswer } from "../shared/control.ts";
import { detached, followToEnd } from "../shared/follow.ts";
import { interruptible } from "../shared/interruption.ts";
import { jsonOption, type JsonOption } from "../shared/json-option.ts";
import { redriven, wholeNumber } from "../shared/values.ts";

export const redrive: CliCommand = {
  name: "redrive",
  group: "Steer",
  summary: "Run failed tasks of an ended job again",
  description: "Tasks that succeeded never run again. The job fans in again, one generation later.",
  examples: [
    {
      line: "fanfold redrive nightly --watch",
      does: "every failed task, and wait for the end",
      exits: 2,
    },
    { line: "fanfold redrive nightly --stage 0 --only 7,11", does: "two tasks of the first stage" },
  ],
  define: (command) =>
    onJob(command, run)
      .option(
        "--only <which>",
        "failed, unsucceeded (cancelled ones too), fold, or indexes such as 7,4711",
        redriven,
        "failed",
      )
      .option("--stage <n>", "only this stage, counted from 0", wholeNumber(0))
      .option("--watch", "wait for the end as fanfold watch does")
      .option(...jsonOption),
};

// --- internal ---

type Options = Connection & JsonOption & RedriveRequest & { readonly watch?: true };

async function run(job: Job, { only, stage, watch, json }: Options): Promise<void> {
  printAnswer(await job.redrive({ only, stage }), { json });
  if (!watch) return;
  await interruptible(
    (signal) => followToEnd(job, { json, signal }),
    () => detached(job.id),
  );
}

import { createWriteStream } from "node:fs";
import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Option } from "commander";
import type { Job, ResultsOptions } from "../../client/index.ts";
import type { CliCommand } from "../command.ts";
import { outcomesAsCsv, outcomesAsNdjson } from "../render/outcomes.ts";
import { onJob, type Connection } from "../shared/connection.ts";
import { interruptible } from "../shared/interruption.ts";
import { say } from "../shared/output.ts";
import { END_STATUSES } from "../shared/statuses.ts";
import { wholeNumber } from "../shared/values.ts";

export const results: CliCommand = {
  name: "results",
  group: "Look",
  summary: "Print what became of a job's tasks, one a line, in their order",
  description:
    "Of the last stage unless one is named. While the stage runs: what there is up to the first task that " +
    "has not ended; --follow waits for the others.",
  examples: [
    { line: "fanfold results nightly > outcomes.ndjson", does: "every TaskOutcome as NDJSON" },
    { line: "fanfold results nightly --csv --output outcomes.csv", does: "a row each" },
    { line: "fanfold results nightly --status FAILED", does: "the dead letters, with their input" },
    { line: "fanfold results mailing --follow | head -n 3", does: "as they come" },
  ],
  define: (command) =>
    onJob(command, run)
      .option("--stage <n>", "counted from 0; by default the last", wholeNumber(0))
      .addOption(new Option("--status <status>", "only tasks that ended so").choices(END_STATUSES))
      .option("--follow", "wait for what is not there yet")
      .option("--cursor <cursor>", "go on where an earlier reading ended")
      .option("--csv", "as CSV instead of NDJSON; what is not text is JSON in its cell")
      .option("--json", "as NDJSON, which is the default")
      .option("--output <path>", "into a file instead of standard output"),
};

// --- internal ---

type Options = Connection &
  Pick<ResultsOptions, "stage" | "status" | "cursor"> & {
    readonly follow?: true;
    readonly csv?: true;
    readonly output?: string;
  };

async function run(job: Job, options: Options): Promise<void> {
  const { stage, status, cursor, follow = false, csv, output } = options;
  let reached = cursor ?? "0";
  await interruptible(
    async (signal) => {
      const found = job.results({
        follow,
        signal,
        ...(stage === undefined ? {} : { stage }),
        ...(status === undefined ? {} : { status }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      const outcomes = async function* () {
        for await (const outcome of found) {
          yield outcome;
          reached = found.cursor;
        }
      };
      const format: Transform = csv ? outcomesAsCsv() : outcomesAsNdjson();
      const target = output === undefined ? process.stdout : createWriteStream(output);
      await pipeline(Readable.from(outcomes()), format, target, { end: output !== undefined });
      if (!follow && !(await hasEnded(job, stage))) {
        say(
          `The stage still runs: --follow waits for the rest, --cursor ${found.cursor} reads on.`,
        );
      }
    },
    () => `Interrupted: fanfold results ${job.id} --cursor ${reached} reads on.`,
  );
}

async function hasEnded(job: Job, stage: number | undefined): Promise<boolean> {
  const { stages } = await job.status();
  const standing = stages.at(stage ?? -1)?.status;
  return END_STATUSES.some((end) => end === standing);
}

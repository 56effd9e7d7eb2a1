import type { SetLimitsRequest } from "../../../services/contract/handlers.ts";
import type { CliCommand } from "../command.ts";
import { ordering } from "../shared/control.ts";
import { UsageError } from "../shared/error-line.ts";
import { rate, wholeNumber, wireRate, type Rate } from "../shared/values.ts";

export const limits: CliCommand = {
  name: "limits",
  group: "Steer",
  summary: "Change the limits of a running job",
  description:
    "They hold within a second for what starts later; for every stage unless one is named.",
  examples: [
    {
      line: "fanfold limits mailing --concurrency 20 --rate 50/1s",
      does: "at most 20 at once and 50 a second",
    },
    {
      line: "fanfold limits mailing --stage 0 --rate none",
      does: "no rate any more in the first stage",
    },
  ],
  define: (command) =>
    ordering<Options>(command, (job, options) => job.setLimits(limitsOf(options)))
      .option("--concurrency <n>", "most attempts at once", wholeNumber(1))
      .option(
        "--rate <tasks/duration>",
        "most attempts started, such as 50/1s; none takes it away",
        rate,
      )
      .option("--stage <n>", "only this stage, counted from 0", wholeNumber(0)),
};

// --- internal ---

interface Options {
  readonly concurrency?: number;
  readonly rate?: Rate | "none";
  readonly stage?: number;
}

function limitsOf({ concurrency, rate: newRate, stage }: Options): SetLimitsRequest {
  if (concurrency === undefined && newRate === undefined) {
    throw new UsageError("Expected --concurrency or --rate");
  }
  return { concurrency, rate: wireRate(newRate), stage };
}

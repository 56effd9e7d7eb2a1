import type { Command } from "commander";
import type { ControlAnswer } from "../../../services/contract/handlers.ts";
import type { Job } from "../../client/index.ts";
import { onJob, type Connection } from "./connection.ts";
import { jsonOption, type JsonOption } from "./json-option.ts";
import { print, printJson } from "./output.ts";

/** Defines a command that gives one order to one job and prints how the job stands then. */
export function ordering<Options>(
  command: Command,
  order: (job: Job, options: Options) => Promise<ControlAnswer>,
): Command {
  return onJob(command, async (job, options: Options & Connection & JsonOption) => {
    printAnswer(await order(job, options), options);
  }).option(...jsonOption);
}

export function printAnswer(answer: ControlAnswer, { json }: JsonOption): void {
  if (json) printJson(answer);
  else print(`${answer.jobId} ${answer.status}`);
}

import type { Command } from "commander";
import type { JobSpec } from "../../client/index.ts";
import { json, labels, range, rate, wholeNumber, wordOrObject } from "../shared/values.ts";
import { buildRequest, type RequestOptions } from "./build-request.ts";
import { readRequest } from "./request-file.ts";

export type FileOrOptions = RequestOptions & { readonly file?: string };

/** Gives a command the action, the file and the options that make a request. */
export function describingRequest(command: Command): Command {
  return command
    .argument("[action]", "of the first stage: its name, or Service/handler")
    .option("--next <action>", "of the next stage: a name or a Stage as JSON; repeatable", stages)
    .option("--file <path>", "a JobRequest as JSON, - for standard input; options come before it")
    .option("--id <job>", "the job's id; by default a random one")
    .option("--payload <json>", "an object, merged into every task's input", json)
    .option("--foreach <json>", "a task for each item of this list", json)
    .option("--range <start:stop[:step]>", "a task for each number, stop included", range)
    .option("--tasks <n>", "so many tasks with the same input", wholeNumber(0))
    .option("--from <action>", "a task for each item that this action lists, page by page")
    .option("--as <field>", "the input's field that takes an item; by default item")
    .option("--concurrency <n>", "most attempts at once", wholeNumber(1))
    .option("--rate <tasks/duration>", "most attempts started, such as 50/1s", rate)
    .option("--max-attempts <n>", "attempts of a task", wholeNumber(1))
    .option("--timeout <duration>", "of one attempt, such as 30s")
    .option("--deadline <duration>", "of the job, from its start")
    .option("--delay <duration>", "start so much later")
    .option("--retention <duration>", "how long the ended job is kept")
    .option(
      "--failure-policy <policy>",
      "complete-all, best-effort, all-or-nothing, or JSON",
      wordOrObject,
    )
    .option("--succeed-after <n>", "end when so many tasks have succeeded", wholeNumber(1))
    .option("--fold <fold>", "collect, none, count, or JSON", wordOrObject)
    .option("--label <key=value>", "repeatable", labels)
    .option("--open", "leave the job open for fanfold append, until fanfold seal");
}

export async function describedRequest(
  action: string | undefined,
  { file, ...options }: FileOrOptions,
): Promise<JobSpec> {
  return buildRequest(action, options, file === undefined ? {} : await readRequest(file));
}

// --- internal ---

const stages = (stage: string, before: readonly unknown[] = []) => [...before, wordOrObject(stage)];

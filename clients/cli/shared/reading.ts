import type { Command } from "commander";
import type { Job } from "../../client/index.ts";
import { painted, type Line } from "../render/line.ts";
import { onJob, type Connection } from "./connection.ts";
import { jsonOption, type JsonOption } from "./json-option.ts";
import { print, printJson } from "./output.ts";

/** Defines a command that asks one job something and prints the answer, as JSON or for people. */
export function reading<Answer>(
  command: Command,
  ask: (job: Job) => Promise<Answer>,
  shown: (answer: Answer, where: { jobId: string; columns: number }) => readonly Line[],
): Command {
  return onJob(command, async (job, { json }: Connection & JsonOption) => {
    const answer = await ask(job);
    if (json) printJson(answer);
    else printLines(shown(answer, { jobId: job.id, columns: columns() }));
  }).option(...jsonOption);
}

export function printLines(lines: readonly Line[]): void {
  for (const line of lines) print(painted(line, process.stdout));
}

/** Of the terminal; wide enough for anything where there is none. */
export function columns(): number {
  return process.stdout.isTTY ? process.stdout.columns : ELSEWHERE;
}

// --- internal ---

const ELSEWHERE = 160;

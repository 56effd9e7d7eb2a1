import type { JobOutcome } from "../../../services/contract/job-outcome.ts";
import type { AnyJob } from "../../client/index.ts";
import { count, seconds } from "../render/numbers.ts";
import { progressWriter } from "../render/progress-writer.ts";
import { EXIT } from "./exit-codes.ts";
import type { JsonOption } from "./json-option.ts";
import { printJson, say } from "./output.ts";

export interface FollowOptions extends JsonOption {
  readonly signal: AbortSignal;
}

/** Shows how a job moves on until it has ended; the exit code then says how. */
export async function followToEnd(job: AnyJob, { json, signal }: FollowOptions): Promise<void> {
  const progress = progressWriter(process.stderr);
  for await (const status of job.watch(json ? { signal } : { everyMs: EVERY_MS, signal })) {
    if (json) printJson(status);
    else progress.show(status);
  }
  progress.end();
  const outcome = await job.outcome({ signal });
  for (const sentence of endSentences(outcome)) say(sentence);
  process.exitCode = exitCodeOf(outcome);
}

/** What Ctrl-C means for a job that is being watched. */
export function detached(jobId: string): string {
  return `Detached, the job goes on. Come back: fanfold watch ${jobId}. End it: fanfold cancel ${jobId}.`;
}

export function exitCodeOf({ status, taskCounts }: JobOutcome): number {
  return status === "SUCCEEDED" && taskCounts.FAILED === 0 ? EXIT.done : EXIT.partial;
}

export function endSentences({ jobId, status, reason, tookMs, taskCounts }: JobOutcome): string[] {
  const { SUCCEEDED, FAILED, CANCELLED, total } = taskCounts;
  const counts = `${count(SUCCEEDED)} of ${count(total)} tasks succeeded, ${count(FAILED)} failed, ${count(CANCELLED)} cancelled`;
  const because = reason === undefined ? "" : ` (${reason})`;
  return [
    `Job ${jobId} ${status}${because} in ${seconds(tookMs)}: ${counts}`,
    ...(FAILED > 0
      ? [`fanfold failures ${jobId} says why, fanfold redrive ${jobId} runs them again.`]
      : []),
  ];
}

// --- internal ---

const EVERY_MS = 250;

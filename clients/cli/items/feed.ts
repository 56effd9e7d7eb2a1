import type { AppendAnswer } from "../../../services/contract/handlers.ts";
import type { AppendOptions, Job } from "../../client/index.ts";
import { count, several } from "../render/numbers.ts";
import { say } from "../shared/output.ts";
import type { Items } from "./open-items.ts";

export interface FeedOptions {
  readonly as: string | undefined;
  readonly id: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Appends every item of a file to a job, and says how many those are.
 *
 * The calls are cut by the number and the bytes of the items alone: the same file makes the same calls, and
 * with the same `id` each has the same `appendId`. So a file that was interrupted may be fed again, from its
 * beginning: the job has its first calls already, and takes the others.
 */
export async function feed(
  job: Job,
  items: Items,
  { as, id, signal }: FeedOptions,
): Promise<AppendAnswer> {
  const options: AppendOptions = {
    signal,
    ...(as === undefined ? {} : { as }),
    ...(id === undefined ? {} : { id }),
  };
  const answer = await job.append(counted(items), options);
  say(`${several(answer.accepted, "item")}, ${several(answer.total, "task")} in all.`);
  return answer;
}

// --- internal ---

const SHOWN_EVERY_MS = 100;

/** On a terminal one sees how far the reading is. */
async function* counted(items: Items): AsyncGenerator<unknown> {
  const { stderr } = process;
  let read = 0;
  let shownAt = Date.now();
  for await (const item of items) {
    yield item;
    read += 1;
    if (!stderr.isTTY || Date.now() - shownAt < SHOWN_EVERY_MS) continue;
    shownAt = Date.now();
    stderr.write(`\r${count(read)} items read`);
  }
  if (stderr.isTTY) stderr.write("\r\u001b[K");
}

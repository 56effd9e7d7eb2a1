import type { AppendAnswer } from "../../services/contract/handlers.ts";
import { sleep, untilAborted } from "./abort.ts";
import type { Ask } from "./ask.ts";
import { batches } from "./batches.ts";
import { isFanfoldError } from "./error.ts";
import type { CallOptions } from "./ingress.ts";
import { randomId } from "./random-id.ts";

export interface AppendOptions<As extends string = string> extends CallOptions {
  /** The field of a task's input that an item arrives in; `item` by default. */
  readonly as?: As;
  /**
   * Names this append. Whoever appends the same items under the same id again, after a crash for instance,
   * adds only those that the job has not got yet.
   */
  readonly id?: string;
  /** Most items a call; by default 10,000, which is the most. They wait until so many have come together. */
  readonly callItems?: number;
}

/** Appends items in their order, call by call; answers when the job has all of them. */
export async function appendItems(
  ask: Ask,
  source: Iterable<unknown> | AsyncIterable<unknown>,
  { as = "item", id = randomId(), callItems = 10_000, signal }: AppendOptions,
): Promise<AppendAnswer> {
  const items = untilAborted(source, signal);
  let answer: AppendAnswer | undefined;
  let accepted = 0;
  let calls = 0;
  for await (const batch of batches(items, { items: callItems, bytes: CALL_BYTES })) {
    calls += 1;
    answer = await appendBatch(ask, appendBody(as, batch, `${id}.${calls}`), signal);
    accepted += answer.accepted;
  }
  // A job that would refuse items refuses none too.
  answer ??= await appendBatch(ask, appendBody(as, []), signal);
  return { accepted, total: answer.total };
}

// --- internal ---

const CALL_BYTES = 1024 * 1024;
const BACKLOG_MS = 1_000;

/** Sends until the job has room. The append's id makes that safe: the job takes it once. */
async function appendBatch(
  ask: Ask,
  body: string,
  signal: AbortSignal | undefined,
): Promise<AppendAnswer> {
  for (;;) {
    try {
      return await ask("append", { body, repetition: "lasting", signal });
    } catch (error) {
      if (!isFanfoldError(error, "BACKLOG_FULL")) throw error;
      await sleep(error.retryAfterMs ?? BACKLOG_MS, signal);
    }
  }
}

/** An AppendRequest of items that are JSON already. */
function appendBody(as: string, items: readonly string[], appendId?: string): string {
  const id = appendId === undefined ? "" : `"appendId":${JSON.stringify(appendId)},`;
  return `{${id}"fanout":{"foreach":{"as":${JSON.stringify(as)},"items":[${items.join(",")}]}}}`;
}

import type { TaskOutcome } from "../../../services/contract/task.ts";

/**
 * Puts the last outcomes of a job's records in the order of the input, whatever order they ended in.
 * Sources are the outcomes of the last stage, and of what did not get that far.
 * Kept in memory is only what came before its turn.
 */
export async function* inInputOrder(
  sources: readonly AsyncIterable<TaskOutcome>[],
): AsyncGenerator<TaskOutcome> {
  const early = new Map<number, TaskOutcome>();
  const open = new Set(sources.map((source) => source[Symbol.asyncIterator]()));
  let next = 0;
  while (open.size > 0) {
    for (const source of open) {
      const { done, value: outcome } = await source.next();
      if (done) open.delete(source);
      else early.set(outcome.origin, outcome);
    }
    for (let outcome = early.get(next); outcome; outcome = early.get(next)) {
      yield outcome;
      early.delete(next);
      next += 1;
    }
  }
}

import { log } from "../../log/log.ts";
import { admission } from "./admission.ts";

/** What a process brings home before it ends. */
export interface Drainable {
  /** Starts nothing more, and is over when what runs has ended. */
  leave(): void;
  /** Gives up what still runs: it is done again elsewhere. */
  abandon(): void;
}

const live = new Set<Drainable>();

/** The answer takes it out again: all that it did is durable, or on its way. */
export function drainable(execution: Drainable): () => void {
  live.add(execution);
  if (isDraining()) execution.leave();
  return () => live.delete(execution);
}

/** Whether the process takes no more tasks, because it ends. */
export const isDraining = () => admission.isClosed;

/**
 * Starts no more tasks, waits at most `graceMs` for the running ones to end and be committed, and gives up
 * those that are left.
 */
export async function drain(graceMs: number): Promise<void> {
  admission.close();
  log.info({ attempts: admission.places.taken }, "The process is to end: nothing starts any more.");
  for (const execution of live) execution.leave();
  await allGone(graceMs);
  const givenUp = admission.places.taken;
  for (const execution of live) execution.abandon();
  await allGone(LAST_COMMIT_MS);
  log.info({ givenUp }, "What ran has ended, or runs again elsewhere.");
}

// --- internal ---

const LAST_COMMIT_MS = 2_000;
const POLL_MS = 20;
/** What was said at last needs to be written to its connection. */
const LAST_WORD_MS = 50;

async function allGone(withinMs: number): Promise<void> {
  if (live.size === 0) return;
  const until = Date.now() + withinMs;
  while (live.size > 0 && Date.now() < until) await sleep(POLL_MS);
  await sleep(LAST_WORD_MS);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

import { admission } from "./admission.ts";

/** What a process waits for before it ends: an execution with nothing running and nothing unsaved is quiet. */
export interface Drainable {
  readonly isQuiet: boolean;
}

const live = new Set<Drainable>();

/** The answer takes it out again. */
export function drainable(execution: Drainable): () => void {
  live.add(execution);
  return () => live.delete(execution);
}

/** Starts no more tasks, and waits at most `graceMs` for the running ones to end and be committed. */
export async function drain(graceMs: number): Promise<void> {
  admission.close();
  const until = Date.now() + graceMs;
  while ([...live].some(({ isQuiet }) => !isQuiet) && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

// --- internal ---

const POLL_MS = 20;

import { randomUUID } from "node:crypto";
import { admission } from "./admission.ts";
import { WORKER } from "./worker.ts";

/** The mark that is made durable before suspects start. */
export interface Begun {
  /** of the process that starts them */
  readonly boot: string;
  readonly at: number;
  readonly worker: string;
  /** nobody else's task runs in the process */
  readonly isAlone: boolean;
}

/** Marks the start of a group; before a suspect that runs alone, the process is cleared of others. */
export async function begin(isSolo: boolean, ended: AbortSignal): Promise<Begun> {
  const isAlone = isSolo && (await holdOthers(ended));
  return { boot: BOOT, at: Date.now(), worker: WORKER, isAlone };
}

/** False: the process that made the mark is gone. */
export function isStillHere(begun: Begun): boolean {
  return begun.boot === BOOT;
}

/** Lets other tasks run again, if this mark held them back. */
export function releaseOthers(begun: Begun): void {
  if (begun.isAlone) release?.();
}

// --- internal ---

const BOOT = randomUUID();
const PATIENCE_MS = 5_000;
const MAX_HOLD_MS = 60_000;
const POLL_MS = 50;

let release: (() => void) | null = null;

async function holdOthers(ended: AbortSignal): Promise<boolean> {
  let held = await admission.hold(PATIENCE_MS);
  while (!held && !ended.aborted) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    held = await admission.hold(PATIENCE_MS);
  }
  if (!held) return false;
  const stopHolding = held.release;
  const timer = setTimeout(stopHolding, MAX_HOLD_MS);
  release = () => {
    clearTimeout(timer);
    stopHolding();
  };
  if (ended.aborted) release();
  ended.addEventListener("abort", release, { once: true });
  if (!held.isAlone) release();
  return held.isAlone;
}

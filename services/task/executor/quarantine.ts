import { randomUUID } from "node:crypto";
import { log } from "../../log/log.ts";
import { admission } from "./admission.ts";
import { isDraining } from "./shutdown.ts";
import { WORKER } from "./worker.ts";

/** The mark that is made durable before a group of suspects starts. */
export interface Begun {
  /** of the process that starts them */
  readonly boot: string;
  readonly at: number;
  readonly worker: string;
  /** nobody else's task runs in the process */
  readonly isAlone: boolean;
}

/**
 * Marks the start of a group, in a process that does not end. Before a suspect runs alone, other tasks of the process are held back; they
 * stay so until `release`, since one suspect is mostly followed by the next, or until the attempt ends.
 */
export async function begin(owner: string, isSolo: boolean, ended: AbortSignal): Promise<Begun> {
  if (isDraining()) await aborted(ended);
  const isAlone = isSolo && !ended.aborted && (await holdOthers(owner, ended));
  return { boot: BOOT, at: Date.now(), worker: WORKER, isAlone };
}

/** False: the process that made the mark is gone. */
export function isStillHere(begun: Begun): boolean {
  return begun.boot === BOOT;
}

/** Lets other tasks run again, if this owner held them back. */
export function release(owner: string): void {
  if (hold?.owner === owner) hold.end();
}

// --- internal ---

const BOOT = randomUUID();
/** How long to wait for the tasks that run; after that a suspect runs beside them. */
const PATIENCE_MS = 5_000;
const MAX_HOLD_MS = 60_000;
const POLL_MS = 50;

let hold: { readonly owner: string; readonly end: () => void } | null = null;

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
}

async function holdOthers(owner: string, ended: AbortSignal): Promise<boolean> {
  if (hold?.owner === owner) return true;
  let held = await admission.hold(PATIENCE_MS);
  while (!held && !ended.aborted) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    held = await admission.hold(PATIENCE_MS);
  }
  if (!held) return false;
  const { isAlone, release: open } = held;
  if (!isAlone || ended.aborted) {
    open();
    return false;
  }
  const end = () => {
    clearTimeout(timer);
    hold = null;
    log.info({ invocationId: owner }, "Other tasks may start again.");
    open();
  };
  const timer = setTimeout(end, MAX_HOLD_MS);
  hold = { owner, end };
  log.warn(
    { invocationId: owner },
    "Nothing else starts while tasks that may kill the process run alone.",
  );
  ended.addEventListener("abort", () => release(owner), { once: true });
  return true;
}

import type { CallTarget } from "../../job/core/call-target.ts";
import { findHandler } from "../../wire/find-handler.ts";
import { systemClock, type Clock } from "../executor/clock.ts";

/** Whether there is whom to call; null: that cannot be found out. What was found holds for a second. */
export interface HandlerFinder {
  isThere(target: CallTarget): Promise<boolean | null>;
}

export function handlerFinder(
  ingressUrl: string,
  clock: Pick<Clock, "now"> = systemClock,
): HandlerFinder {
  const known = new Map<string, { readonly at: number; readonly found: Promise<boolean | null> }>();
  return {
    isThere: (target) => {
      const name = `${target.kind} ${target.service}/${target.handler}`;
      const before = known.get(name);
      if (before && clock.now() - before.at < HOLDS_MS) return before.found;
      const found = isCallable(ingressUrl, target);
      known.set(name, { at: clock.now(), found });
      return found;
    },
  };
}

// --- internal ---

const HOLDS_MS = 1_000;

async function isCallable(ingressUrl: string, target: CallTarget): Promise<boolean | null> {
  try {
    const found = await findHandler(ingressUrl, target);
    return found === (target.kind === "durable" ? "private" : "public");
  } catch {
    return null;
  }
}

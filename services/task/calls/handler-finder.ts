import type { CallTarget } from "../../job/core/call-target.ts";
import { findHandler } from "../../wire/find-handler.ts";
import { systemClock, type Clock } from "../executor/clock.ts";

/**
 * Whether there is whom to call; null: that cannot be found out. What was found holds for a second, that there
 * is nobody for a tenth of one: a redrive often follows a deployment that brings the handler back.
 */
export interface HandlerFinder {
  isThere(target: CallTarget): Promise<boolean | null>;
}

export function handlerFinder(
  ingressUrl: string,
  clock: Pick<Clock, "now"> = systemClock,
): HandlerFinder {
  const known = new Map<string, Known>();
  return {
    isThere: (target) => {
      const name = `${target.kind} ${target.service}/${target.handler}`;
      const before = known.get(name);
      if (before && clock.now() < before.until) return before.found;
      const until = clock.now() + HOLDS_MS;
      const found = isCallable(ingressUrl, target).then((isThere) => {
        if (isThere === false) asked.until = Math.min(until, clock.now() + ABSENCE_HOLDS_MS);
        return isThere;
      });
      const asked: Known = { until, found };
      known.set(name, asked);
      return found;
    },
  };
}

// --- internal ---

interface Known {
  readonly found: Promise<boolean | null>;
  /** when to ask again */
  until: number;
}

const HOLDS_MS = 1_000;
const ABSENCE_HOLDS_MS = 100;

async function isCallable(ingressUrl: string, target: CallTarget): Promise<boolean | null> {
  try {
    const found = await findHandler(ingressUrl, target);
    return found === (target.kind === "durable" ? "private" : "public");
  } catch {
    return null;
  }
}

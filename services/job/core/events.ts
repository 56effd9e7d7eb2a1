import type { Blocker } from "../../contract/handlers.ts";
import { LIMITS } from "../../contract/limits.ts";

/** How many events of a job were raised, and which ones are waited for. Names are data: no keys of an object. */
export interface EventIndex {
  readonly raised: number;
  readonly awaited: readonly { readonly name: string; readonly waiters: number }[];
}

export const NO_EVENTS: EventIndex = { raised: 0, awaited: [] };

/** Adds who waits for an event that was not raised; `page` is where its awakeable is kept. Null: no room. */
export function withWaiter(
  index: EventIndex,
  name: string,
): { index: EventIndex; page: number } | null {
  const { raised, awaited } = index;
  const waiters = waitersOf(index, name);
  const all = awaited.reduce((sum, each) => sum + each.waiters, 0);
  if (all >= LIMITS.eventWaiters || (waiters === 0 && isFull(index))) return null;
  const others = awaited.filter((each) => each.name !== name);
  return {
    index: { raised, awaited: [...others, { name, waiters: waiters + 1 }] },
    page: Math.floor(waiters / WAITERS_A_PAGE),
  };
}

/** Counts an event that was not raised before. Null: no room. */
export function withRaised(index: EventIndex, name: string): EventIndex | null {
  if (waitersOf(index, name) === 0 && isFull(index)) return null;
  return { ...index, raised: index.raised + 1 };
}

/** Takes away the last page of who waits for an event. Null: nobody waits. */
export function withoutPage(
  index: EventIndex,
  name: string,
): { index: EventIndex; page: number } | null {
  const waiters = waitersOf(index, name);
  if (waiters === 0) return null;
  const page = Math.floor((waiters - 1) / WAITERS_A_PAGE);
  const others = index.awaited.filter((each) => each.name !== name);
  const left = page === 0 ? [] : [{ name, waiters: page * WAITERS_A_PAGE }];
  return { index: { raised: index.raised, awaited: [...others, ...left] }, page };
}

/** As `why` shows it. */
export function eventBlocker({ awaited }: EventIndex): Blocker[] {
  if (awaited.length === 0) return [];
  const shown = awaited.slice(0, SHOWN_NAMES).map(({ name }) => `"${name}"`);
  const more = awaited.length > SHOWN_NAMES ? `, and ${awaited.length - SHOWN_NAMES} more` : "";
  const message = `Somebody waits for the event ${shown.join(", ")}${more}.`;
  return [{ kind: "event", events: awaited, message }];
}

// --- internal ---

/** Woken in one step: with the largest payload that is 6 MiB. */
const WAITERS_A_PAGE = 100;
const SHOWN_NAMES = 10;

function waitersOf({ awaited }: EventIndex, name: string): number {
  return awaited.find((each) => each.name === name)?.waiters ?? 0;
}

function isFull({ raised, awaited }: EventIndex): boolean {
  return raised + awaited.length >= LIMITS.events;
}

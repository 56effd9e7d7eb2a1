import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../../services/contract/limits.ts";
import {
  eventBlocker,
  NO_EVENTS,
  withoutPage,
  withRaised,
  withWaiter,
  type EventIndex,
} from "../../../../services/job/core/events.ts";
import { holds } from "../../support/property.ts";

const waiting = (waiters: number, name = "go"): EventIndex => ({
  raised: 0,
  awaited: [{ name, waiters }],
});

describe("who waits for an event", () => {
  it("is counted by name, and kept in pages of 100", () => {
    expect(withWaiter(NO_EVENTS, "go")).toEqual({ index: waiting(1), page: 0 });
    expect(withWaiter(waiting(99), "go")).toEqual({ index: waiting(100), page: 0 });
    expect(withWaiter(waiting(100), "go")).toEqual({ index: waiting(101), page: 1 });
  });

  it("may wait for a name that every object has", () => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect(withWaiter(NO_EVENTS, name)).toEqual({ index: waiting(1, name), page: 0 });
    }
  });

  it("finds no room behind 10,000 others", () => {
    expect(withWaiter(waiting(LIMITS.eventWaiters), "go")).toBeNull();
    expect(withWaiter(waiting(LIMITS.eventWaiters), "other")).toBeNull();
  });

  it("finds no room for one more name than 1,000", () => {
    const full = { raised: LIMITS.events - 1, awaited: [{ name: "go", waiters: 1 }] };
    expect(withWaiter(full, "other")).toBeNull();
    expect(withWaiter(full, "go")).not.toBeNull();
  });

  it("is woken page by page, the last one first", () => {
    expect(withoutPage(waiting(201), "go")).toEqual({ index: waiting(200), page: 2 });
    expect(withoutPage(waiting(200), "go")).toEqual({ index: waiting(100), page: 1 });
    expect(withoutPage(waiting(100), "go")).toEqual({ index: NO_EVENTS, page: 0 });
    expect(withoutPage(waiting(100), "other")).toBeNull();
  });

  it("is woken exactly once, whoever else waits", () => {
    holds(
      fc.property(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 700 }), (names) => {
        const pages = new Map<string, number[]>();
        let index = NO_EVENTS;
        for (const [waiter, name] of names.entries()) {
          const registered = withWaiter(index, name)!;
          ({ index } = registered);
          const key = `${name}/${registered.page}`;
          pages.set(key, [...(pages.get(key) ?? []), waiter]);
        }
        for (const name of ["b", "c", "a"]) {
          const woken: number[] = [];
          for (let taken = withoutPage(index, name); taken; taken = withoutPage(index, name)) {
            woken.push(...(pages.get(`${name}/${taken.page}`) ?? []));
            ({ index } = taken);
          }
          const expected = [...names.keys()].filter((waiter) => names[waiter] === name);
          expect(woken.toSorted((a, b) => a - b)).toEqual(expected);
        }
        expect(index).toEqual(NO_EVENTS);
      }),
    );
  });
});

describe("an event that is raised", () => {
  it("is counted, and leaves who waits for it to be woken", () => {
    expect(withRaised(waiting(3), "go")).toEqual({ ...waiting(3), raised: 1 });
    expect(withRaised(waiting(3), "other")).toEqual({ ...waiting(3), raised: 1 });
  });

  it("is refused as number 1,001", () => {
    const full = { raised: LIMITS.events - 1, awaited: [{ name: "go", waiters: 1 }] };
    expect(withRaised(full, "other")).toBeNull();
    expect(withRaised(full, "go")).not.toBeNull();
    expect(withRaised({ raised: LIMITS.events, awaited: [] }, "other")).toBeNull();
  });
});

describe("eventBlocker", () => {
  it("says nothing when nobody waits", () => {
    expect(eventBlocker({ raised: 5, awaited: [] })).toEqual([]);
  });

  it("names the events", () => {
    const awaited = [
      { name: "a", waiters: 1 },
      { name: "b", waiters: 2 },
    ];
    const message = 'Somebody waits for the event "a", "b".';
    expect(eventBlocker({ raised: 0, awaited })).toEqual([
      { kind: "event", events: awaited, message },
    ]);
  });

  it("names a few of very many in its message", () => {
    const awaited = Array.from({ length: 1_000 }, (_, at) => ({ name: `e${at}`, waiters: 1 }));
    const [blocker] = eventBlocker({ raised: 0, awaited });
    expect(blocker?.["events"]).toHaveLength(1_000);
    expect(blocker?.message).toMatch(/"e9", and 990 more\.$/);
  });
});

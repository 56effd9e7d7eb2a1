import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS, type ListedState } from "../../../../services/contract/index.ts";
import {
  isSame,
  newestFirst,
  type Entry,
  type Position,
} from "../../../../services/listing/core/entry.ts";
import { readPart } from "../../../../services/listing/core/pages.ts";
import { put, remove, SHELF_ENTRIES } from "../../../../services/listing/core/shelves.ts";
import { holdsAsync } from "../../support/property.ts";
import { entry, MemoryShelves, positionOf } from "../../support/shelves.ts";

type Message = { readonly put: Entry } | { readonly remove: Position };

/** What one job tells in the course of its life. */
const LIFE: readonly [generation: number, status: ListedState][] = [
  [1, "SCHEDULED"],
  [1, "RUNNING"],
  [1, "FAILED"],
  [2, "RUNNING"],
  [2, "SUCCEEDED"],
];

/** Jobs of few ids and times, what each of them tells, when, how often, and whether it is forgotten after that. */
const told = fc
  .uniqueArray(
    fc.record({
      submittedAt: fc.nat({ max: 60 }),
      jobId: fc.nat({ max: 9 }).map((n) => `job-${n}`),
      messages: fc.array(fc.record({ at: fc.nat(), what: fc.nat({ max: LIFE.length - 1 }) }), {
        minLength: 1,
        maxLength: 4,
      }),
      forgottenAfter: fc.option(fc.nat(), { freq: 2 }),
    }),
    {
      selector: ({ submittedAt, jobId }) => `${submittedAt}/${jobId}`,
      maxLength: 200,
      size: "max",
    },
  )
  .map((jobs) =>
    jobs.flatMap(({ submittedAt, jobId, messages, forgottenAfter }) => {
      const puts = messages.map(({ at, what }) => {
        const [generation, status] = LIFE[what]!;
        return { at, message: { put: entry(submittedAt, jobId, { generation, status }) } };
      });
      if (forgottenAfter === null) return puts;
      const at = Math.max(...puts.map((one) => one.at)) + forgottenAfter;
      return [...puts, { at, message: { remove: { submittedAt, jobId } } }];
    }),
  )
  .map((messages): Message[] =>
    messages.toSorted((a, b) => a.at - b.at).map(({ message }) => message),
  );

/** The latest that was said of each job, in whatever order it came. */
function naively(known: readonly Entry[], message: Message): Entry[] {
  const about = "put" in message ? message.put : message.remove;
  const before = known.find((one) => isSame(one, about));
  const others = known.filter((one) => one !== before);
  if ("remove" in message) return others;
  return [...others, before && rank(before) >= rank(message.put) ? before : message.put];
}

const rank = ({ generation, status }: Entry) =>
  LIFE.findIndex(([g, s]) => g === generation && s === status);

async function tell(shelves: MemoryShelves, message: Message): Promise<void> {
  if ("put" in message) await put(shelves, message.put);
  else await remove(shelves, message.remove);
}

const everything = { behind: null, limit: Infinity, status: null, label: null } as const;
const all = async (shelves: MemoryShelves) => (await readPart(shelves, everything)).entries;

function expectInOrder({ order, shelves }: MemoryShelves): void {
  expect([...shelves.keys()].sort((a, b) => a - b)).toEqual(order);
  const misplaced = order.filter((start, at) => {
    const times = shelves.get(start)!.map(({ submittedAt }) => submittedAt);
    const [oldest, newest] = [Math.min(...times), Math.max(...times)];
    const isFull = times.length > SHELF_ENTRIES;
    return isFull || oldest < start || newest >= (order[at + 1] ?? Infinity);
  });
  expect(misplaced).toEqual([]);
}

describe("the shelves", () => {
  it("have the latest of every job, whatever order it is told in and however often", () =>
    holdsAsync(
      fc.asyncProperty(told, async (messages) => {
        const shelves = new MemoryShelves();
        let known: Entry[] = [];
        for (const message of messages) {
          await tell(shelves, message);
          known = naively(known, message);
        }
        expectInOrder(shelves);
        expect(await all(shelves)).toEqual(known.sort(newestFirst));
      }),
    ));

  it("show whoever reads between two writes every job that stays, once", () =>
    holdsAsync(
      fc.asyncProperty(told, async (messages) => {
        const shelves = new MemoryShelves();
        for (const message of messages) {
          const before = (await all(shelves)).map(positionOf);
          const seen: Position[][] = [];
          shelves.onWrite = async () => void seen.push((await all(shelves.copy())).map(positionOf));
          await tell(shelves, message);
          await Promise.all(shelves.looks.splice(0));
          shelves.onWrite = async () => undefined;
          const after = (await all(shelves)).map(positionOf);
          const stays = before.filter((one) => after.some((other) => isSame(one, other)));
          for (const read of seen) {
            expect(read).toEqual(read.toSorted(newestFirst));
            expect(read.filter((one) => stays.some((other) => isSame(one, other)))).toEqual(stays);
          }
        }
      }),
      30,
    ));

  it("are full where jobs came one after another", async () => {
    const shelves = new MemoryShelves();
    for (let n = 0; n < 10 * SHELF_ENTRIES; n += 1) await put(shelves, entry(n, `job-${n}`));
    expect([...shelves.shelves.values()].map(({ length }) => length)).toEqual(
      Array(10).fill(SHELF_ENTRIES),
    );
  });

  it("join when most of what they had is gone", async () => {
    const shelves = new MemoryShelves();
    for (let n = 0; n < 100 * SHELF_ENTRIES; n += 1) await put(shelves, entry(n, `job-${n}`));
    for (let n = 0; n < 100 * SHELF_ENTRIES; n += 1) {
      if (n % SHELF_ENTRIES > 0) await remove(shelves, entry(n, `job-${n}`));
    }
    expect(await all(shelves)).toHaveLength(100);
    expect(shelves.order.length).toBeLessThan(15);
    expectInOrder(shelves);
  });

  it("are gone with the last job", async () => {
    const shelves = new MemoryShelves();
    for (let n = 0; n < 100; n += 1) await put(shelves, entry(n, `job-${n}`));
    for (let n = 0; n < 100; n += 1) await remove(shelves, entry(n, `job-${n}`));
    expect(shelves.order).toEqual([]);
    expect(shelves.shelves.size).toBe(0);
  });

  it("forget nobody for a job that they do not know", async () => {
    const shelves = new MemoryShelves();
    await remove(shelves, entry(5, "a"));
    await put(shelves, entry(5, "a"));
    await remove(shelves, entry(4, "a"));
    await remove(shelves, entry(5, "b"));
    expect(await all(shelves)).toEqual([entry(5, "a")]);
  });

  it("stay below what a state value may have, with the longest labels there can be", () => {
    const long = (chars: number, n = 0) => String.fromCharCode(1 + n) + "\u0001".repeat(chars - 1);
    const labels = Object.fromEntries(
      Array.from({ length: LIMITS.labels }, (_, n) => [long(64, n), long(256)]),
    );
    const largest: Entry = {
      ...entry(Date.now(), "j".repeat(128), { labels, status: "SUCCEEDED", generation: 10_000 }),
      action: "a".repeat(256),
      completedAt: Date.now(),
    };
    const shelf = JSON.stringify(Array(SHELF_ENTRIES).fill(largest));
    expect(Buffer.byteLength(shelf)).toBeLessThan(1024 * 1024);
  });
});

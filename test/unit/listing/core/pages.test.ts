import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ListedState } from "../../../../services/contract/index.ts";
import {
  fits,
  newestFirst,
  type Entry,
  type Filter,
  type Position,
} from "../../../../services/listing/core/entry.ts";
import { mergeParts, readPart, type PartPage } from "../../../../services/listing/core/pages.ts";
import { put, remove, SHELF_ENTRIES } from "../../../../services/listing/core/shelves.ts";
import { holdsAsync } from "../../support/property.ts";
import { entry, MemoryShelves, positionOf } from "../../support/shelves.ts";

const PARTS = 3;
const everything: Filter = { status: null, label: null };
const partOf = ({ jobId }: Position) => Number(jobId.slice(4)) % PARTS;

const status = fc.constantFrom<ListedState[]>("SCHEDULED", "RUNNING", "SUCCEEDED", "FAILED");
const label = fc.constantFrom("team", "team=blue", "team=red", "x");
const filter: fc.Arbitrary<Filter> = fc.record({
  status: fc.option(status, { freq: 2 }),
  label: fc.option(label, { freq: 2 }),
});
const jobs = fc.uniqueArray(
  fc.record({
    at: fc.nat({ max: 100 }),
    id: fc.nat({ max: 30 }).map((n) => `job-${n}`),
    status,
    labels: fc.constantFrom<Record<string, string>[]>({}, { team: "blue" }, { team: "red" }),
  }),
  { selector: ({ at, id }) => `${at}/${id}`, maxLength: 150, size: "max" },
);
const limits = fc.record({
  limit: fc.integer({ min: 1, max: 20 }),
  share: fc.integer({ min: 1, max: 20 }),
});

type Parts = readonly MemoryShelves[];

async function partsWith(entries: readonly Entry[]): Promise<Parts> {
  const parts = Array.from({ length: PARTS }, () => new MemoryShelves());
  for (const one of entries) await put(parts[partOf(one)]!, one);
  return parts;
}

/** Pages until there are no more; between two of them `meanwhile` happens. */
async function readAll(
  parts: Parts,
  request: Filter & { limit: number; share: number },
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<Entry[]> {
  const { limit, share, ...wanted } = request;
  const read: Entry[] = [];
  let behind: Position | null = null;
  do {
    const pages: PartPage[] = [];
    for (const part of parts) pages.push(await readPart(part, { ...wanted, behind, limit: share }));
    for (const { entries } of pages) expect(entries.length).toBeLessThanOrEqual(share);
    const page = mergeParts(pages, limit);
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    read.push(...page.entries);
    behind = page.to && positionOf(page.to);
    await meanwhile();
  } while (behind);
  return read;
}

describe("pages of all parts", () => {
  it("give every job that fits once, the newest first, whatever their sizes", () =>
    holdsAsync(
      fc.asyncProperty(jobs, filter, limits, async (made, wanted, sizes) => {
        const entries = made.map(({ at, id, ...more }) => entry(at, id, more));
        const read = await readAll(await partsWith(entries), { ...wanted, ...sizes });
        expect(read).toEqual(entries.filter((one) => fits(one, wanted)).sort(newestFirst));
      }),
    ));

  it("give every job that was there and stays, while others come, go and end", () =>
    holdsAsync(
      fc.asyncProperty(jobs, limits, fc.infiniteStream(fc.nat()), async (made, sizes, draws) => {
        const entries = made.map(({ at, id, ...more }) => entry(at, id, more));
        const parts = await partsWith(entries);
        const gone = new Set<Entry>();
        let newest = 1_000;
        const draw = () => draws.next().value as number;
        const read = await readAll(parts, { ...everything, ...sizes }, async () => {
          newest += 1;
          const comes = entry(newest, `job-${draw() % 31}`);
          await put(parts[partOf(comes)]!, comes);
          const one = entries[draw() % Math.max(1, entries.length)];
          if (!one) return;
          if (draw() % 2 === 0) {
            gone.add(one);
            await remove(parts[partOf(one)]!, one);
          } else if (!gone.has(one)) {
            await put(parts[partOf(one)]!, { ...one, generation: 2 });
          }
        });
        const positions = read.map(positionOf);
        expect(positions).toEqual(positions.toSorted(newestFirst));
        expect(new Set(positions.map((one) => JSON.stringify(one))).size).toBe(read.length);
        const stayed = entries.filter((one) => !gone.has(one)).map(positionOf);
        expect(positions).toEqual(expect.arrayContaining(stayed));
      }),
    ));

  it("end after so many shelves where hardly a job fits, and the next goes on", async () => {
    const count = 100 * SHELF_ENTRIES;
    const shelves = new MemoryShelves();
    for (let n = 0; n < count; n += 1) {
      await put(shelves, entry(n, `job-${n}`, { labels: n === 0 ? { x: "" } : {} }));
    }
    const request = { status: null, label: "x", limit: 10 };
    const first = await readPart(shelves, { ...request, behind: null });
    expect(first.entries).toEqual([]);
    const second = await readPart(shelves, { ...request, behind: first.to });
    expect(second.entries).toEqual([]);
    const third = await readPart(shelves, { ...request, behind: second.to });
    expect(third).toMatchObject({ entries: [{ jobId: "job-0" }], to: null });
  });
});

describe("a label that is asked for", () => {
  const labels = { team: "blue", "a=b": "c", "": "" };
  it.each(["team", "team=blue", "a=b", "a=b=c"])("is found: %s", (wanted) => {
    expect(fits(entry(1, "a", { labels }), { status: null, label: wanted })).toBe(true);
  });
  it.each(["tea", "team=", "team=blu", "blue", "a", "toString", "__proto__"])(
    "is not found: %s",
    (wanted) => {
      expect(fits(entry(1, "a", { labels }), { status: null, label: wanted })).toBe(false);
    },
  );
});

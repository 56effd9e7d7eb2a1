import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  emptyBacklog,
  needsPage,
  PAGE,
  push,
  putBack,
  refill,
  take,
  type Backlog,
} from "../../../../services/job/core/backlog.ts";
import type { Segment } from "../../../../services/job/core/segments.ts";
import { holds } from "../../support/property.ts";
import { inOrder, tasksOf, totalOf } from "../../support/segments.ts";
import { again, tasks } from "../../support/stages.ts";

type Step =
  | { do: "push"; sizes: readonly number[] }
  | { do: "take"; count: number; within: number; times: number }
  | { do: "give back"; share: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant("push" as const),
      sizes: fc.array(fc.nat({ max: 3 }), {
        maxLength: 2 * PAGE,
        size: "max",
      }),
    }),
    fc.record({
      do: fc.constant("take" as const),
      count: fc.integer({ min: 1, max: 100 }),
      within: fc.integer({ min: 1, max: 200 }),
      times: fc.integer({ min: 1, max: 12 }),
    }),
    fc.record({ do: fc.constant("give back" as const), share: fc.nat({ max: 100 }) }),
  ),
  { maxLength: 60 },
);

describe("a backlog", () => {
  it("behaves like a plain list, however it is fed, taken from and given back to", () => {
    holds(
      fc.property(steps, (script) => {
        const shelf = new Shelf();
        for (const step of script) shelf.do(step);
      }),
      40,
    );
  });

  it("can always be emptied in order", () => {
    holds(
      fc.property(steps, (script) => {
        const shelf = new Shelf();
        for (const step of script) shelf.do(step);
        while (shelf.backlog.tasks > 0)
          shelf.do({ do: "take", count: 100, within: 1_000_000, times: 1 });
        expect(shelf.model).toEqual([]);
        expect(shelf.backlog).toMatchObject({ tasks: 0, items: 0, bytes: 0, head: [], tail: [] });
      }),
      30,
    );
  });

  it("keeps at most two pages of segments at hand when it is only fed", () => {
    const shelf = new Shelf();
    shelf.do({ do: "push", sizes: Array.from({ length: 10 * PAGE }, () => 1) });
    expect(shelf.backlog.head).toHaveLength(PAGE);
    expect(shelf.backlog.tail.length).toBeLessThan(PAGE);
    expect(shelf.pages.size).toBe(9);
  });

  it("keeps its order when one step takes everything at hand", () => {
    const shelf = new Shelf();
    shelf.do({ do: "push", sizes: Array.from({ length: 4 * PAGE + 5 }, () => 1) });
    const all = { do: "take", count: 100, within: 1_000_000, times: 1_000 } as const;
    while (shelf.backlog.tasks > 0) shelf.do(all);
    expect(shelf.pages.size).toBe(0);
  });

  it("wants no page while it has a page of segments at its head", () => {
    const shelf = new Shelf();
    shelf.do({ do: "push", sizes: Array.from({ length: 3 * PAGE }, () => 1) });
    expect(needsPage(shelf.backlog)).toBeNull();
    take(shelf.backlog, 1, 1_000_000);
    expect(needsPage(shelf.backlog)).toBe(0);
  });
});

describe("take", () => {
  it("stops before the limit", () => {
    const backlog = filledWith(tasksFrom(0, 10));
    expect(tasksOf(take(backlog, 100, 4)).map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(take(backlog, 100, 4)).toEqual([]);
    expect(backlog.tasks).toBe(6);
  });

  it("stops at a gap in the indexes", () => {
    const backlog = filledWith(tasksFrom(0, 2), tasksFrom(2, 2), tasksFrom(9, 2));
    expect(tasksOf(take(backlog, 100, 100)).map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  });

  it("takes from at most 16 segments", () => {
    const backlog = filledWith(...Array.from({ length: 20 }, (_, at) => tasksFrom(at, 1)));
    expect(take(backlog, 100, 100)).toHaveLength(16);
  });
});

describe("take, of tasks that run again", () => {
  it("takes their segments whole, as many as fit", () => {
    const backlog = filledWith(again(0, 9, 4), again(20, 29, 5), again(30, 39, 2));
    expect(take(backlog, 10, 16_000)).toEqual([again(0, 9, 4), again(20, 29, 5)]);
    expect(take(backlog, 10, 16_000)).toEqual([again(30, 39, 2)]);
    expect(backlog).toMatchObject({ tasks: 0, head: [] });
  });

  it("takes at least one, however many tasks it has", () => {
    const backlog = filledWith(again(0, 900, 800), again(901, 950, 3));
    expect(take(backlog, 10, 16_000)).toEqual([again(0, 900, 800)]);
  });

  it("stays inside the block", () => {
    const backlog = filledWith(again(15_000, 15_999, 3), again(16_000, 16_400, 3));
    expect(take(backlog, 100, 16_000)).toEqual([again(15_000, 15_999, 3)]);
  });

  it("loses none, keeps their order and never mixes them with others", () => {
    const sizes = fc.array(
      fc.record({
        isAgain: fc.boolean(),
        span: fc.integer({ min: 1, max: 30 }),
        share: fc.integer({ min: 1, max: 30 }),
        gap: fc.nat({ max: 3 }),
      }),
      { maxLength: 30 },
    );
    holds(
      fc.property(sizes, fc.integer({ min: 1, max: 60 }), (plan, wanted) => {
        let first = 0;
        const segments = plan.map(({ isAgain, span, share, gap }) => {
          first += gap;
          const segment = isAgain
            ? again(first, first + span - 1, Math.min(span, share))
            : tasks(first, span);
          first += span;
          return segment;
        });
        const backlog = filledWith(...segments);
        const taken: Segment[] = [];
        while (backlog.tasks > 0) {
          const chunk = take(backlog, wanted, Infinity);
          const kinds = new Set(chunk.map(({ source }) => source.kind));
          expect(kinds.size).toBe(1);
          if (chunk.length > 1) expect(totalOf(chunk, "count")).toBeLessThanOrEqual(wanted);
          taken.push(...chunk);
        }
        const isAgain = ({ source }: Segment) => source.kind === "again";
        expect(taken.filter(isAgain)).toEqual(segments.filter(isAgain));
        const others = (all: readonly Segment[]) => tasksOf(all.filter((one) => !isAgain(one)));
        expect(others(taken)).toEqual(others(segments));
        expect(taken.map((one) => one.first)).toEqual(
          taken.map((one) => one.first).sort((a, b) => a - b),
        );
      }),
    );
  });
});

// --- internal ---

/** A backlog, its spilled pages, and the plain list it must behave like. */
class Shelf {
  readonly backlog = emptyBacklog();
  readonly pages = new Map<number, readonly Segment[]>();
  model: Segment[] = [];
  #next = 0;
  #taken: Segment[][] = [];

  do(step: Step): void {
    this.#load();
    if (step.do === "push") this.#push(step.sizes);
    else if (step.do === "take") this.#take(step);
    else this.#giveBack(step.share);
    this.#check();
  }

  /** One page a step, as the job loads them. */
  #load(): void {
    const page = needsPage(this.backlog);
    if (page === null) return;
    refill(this.backlog, this.pages.get(page)!);
    this.pages.delete(page);
  }

  #push(sizes: readonly number[]): void {
    const segments = sizes.map((count) => {
      const segment = storedTasks(this.#next, count);
      this.#next += count;
      return segment;
    });
    for (const { page, segments: spilled } of push(this.backlog, segments)) {
      this.pages.set(page, spilled);
    }
    this.model.push(...segments.filter(({ count }) => count > 0));
  }

  /** Several chunks in one step, as long as something is at hand. */
  #take({ times, ...chunk }: Extract<Step, { do: "take" }>): void {
    if (this.model.length > 0) expect(this.backlog.head.length).toBeGreaterThan(0);
    for (let time = 0; time < times && this.backlog.head.length > 0; time += 1) {
      this.#takeChunk(chunk);
    }
  }

  #takeChunk({ count, within }: { count: number; within: number }): void {
    const before = tasksOf(this.model);
    const limit = (before[0]?.index ?? 0) + within;
    const parts = take(this.backlog, count, limit);
    const taken = tasksOf(parts);
    expect(taken).toEqual(before.slice(0, taken.length));
    expect(taken.length).toBeLessThanOrEqual(count);
    expect(taken.every(({ index }) => index < limit)).toBe(true);
    expect(taken.every(({ index }, at) => index === taken[0]!.index + at)).toBe(true);
    if (before.length > 0) expect(taken.length).toBeGreaterThan(0);
    if (taken.length > 0) this.#taken.push(parts);
    this.#drop(taken.length);
  }

  /** The last tasks of something that was taken come back, to where they were. */
  #giveBack(share: number): void {
    const taken = this.#taken.shift();
    if (!taken) return;
    const keeps = Math.floor((totalOf(taken, "count") * share) / 100);
    const kept = filledWith(...taken);
    take(kept, keeps, Number.POSITIVE_INFINITY);
    const returned = keeps === 0 ? taken : kept.head;
    putBack(this.backlog, returned);
    this.model = inOrder([...returned, ...this.model]);
  }

  #drop(tasks: number): void {
    const rest = filledWith(...this.model);
    while (tasks > 0) {
      const parts = take(rest, tasks, Number.POSITIVE_INFINITY);
      tasks -= totalOf(parts, "count");
    }
    this.model = [...rest.head, ...rest.tail];
  }

  #check(): void {
    const { head, tail, firstPage, nextPage, tasks, items, bytes } = this.backlog;
    const middle = Array.from({ length: nextPage - firstPage }, (_, at) =>
      this.pages.get(firstPage + at)!,
    ).flat();
    expect(tasksOf([...head, ...middle, ...tail])).toEqual(tasksOf(this.model));
    expect(this.pages.size).toBe(nextPage - firstPage);
    const stored = this.model.filter(({ source }) => source.kind === "slice");
    expect({ tasks, items, bytes }).toEqual({
      tasks: totalOf(this.model, "count"),
      items: stored.reduce((sum, { count, bytes }) => sum + Math.min(count, bytes), 0),
      bytes: totalOf(stored, "bytes"),
    });
  }
}

/** A list kept in one piece, so that nothing is spilled. */
function filledWith(...segments: Segment[]): Backlog {
  const backlog = emptyBacklog();
  putBack(backlog, segments);
  return backlog;
}

function tasksFrom(first: number, count: number): Segment {
  return { first, count, bytes: 0, source: { kind: "tasks" } };
}

/** A third of them without stored items, a third ranges that were stored as few bytes. */
function storedTasks(first: number, count: number): Segment {
  if (first % 3 === 0) return tasksFrom(first, count);
  return {
    first,
    count,
    bytes: first % 3 === 1 ? count * 7 + (count > 0 ? 1 : 0) : Math.ceil(count / 4),
    source: { kind: "slice", slice: first, offset: 0 },
  };
}

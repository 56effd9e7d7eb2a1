import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LimiterState } from "../../../services/limits/core/lease.ts";
import type { RatePlan } from "../../../services/limits/core/starts.ts";
import type { LimiterRef } from "../../../services/task/executor/lease.ts";
import { busiest, peak } from "../../support/spans.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { LimitedChunks, type LimitedChunk } from "../support/limited-chunks.ts";
import { allowed, perSecond } from "../support/limiters.ts";
import { holdsAsync } from "../support/property.ts";

describe("chunks that share slots", () => {
  it("never run more at once than there are, and hardly fewer", async () => {
    const { world, tookMs } = await ran(
      times(4, (at) => ({ job: `job ${at}`, limiters: [slots(8)], tasksMs: same(400, 20) })),
    );
    expect(peak(world.spans)).toBe(8);
    expect((1_600 * 20) / 8 / tookMs).toBeGreaterThan(0.85);
  });

  it("share them by job, not by chunk", async () => {
    const { world } = await ran([
      { job: "one", limiters: [slots(12)], tasksMs: same(2_000, 50) },
      ...times(5, () => ({ job: "other", limiters: [slots(12)], tasksMs: same(400, 50) })),
    ]);
    const spans = world.spans.filter(({ from }) => from > world.start + 2_000);
    for (const job of ["one", "other"]) {
      const own = spans.filter((span) => span.job === job && span.from < world.start + 6_000);
      expect(peak(own)).toBeGreaterThanOrEqual(6);
      expect(own.length / 80).toBeGreaterThan(5);
      expect(own.length / 80).toBeLessThan(7);
    }
  });

  it("give slots to one that comes later as their attempts end", async () => {
    const { world } = await ran([
      { job: "early", limiters: [slots(4)], tasksMs: same(200, 200) },
      { job: "late", limiters: [slots(4)], tasksMs: same(20, 200), startsAt: 3_000 },
    ]);
    const first = world.spans.find(({ job }) => job === "late")!;
    expect(first.from - world.start).toBeLessThan(3_000 + 1_500);
    expect(peak(world.spans)).toBe(4);
  });

  it("take turns when there are fewer slots than chunks", async () => {
    const { world } = await ran(
      times(5, (at) => ({ job: `job ${at % 2}`, limiters: [slots(2)], tasksMs: same(10, 50) })),
    );
    expect(peak(world.spans)).toBe(2);
  });

  it("hold none while their tasks wait for a retry", async () => {
    const { world, tookMs } = await ran([
      { job: "failing", limiters: [slots(1)], tasksMs: [10], failures: 1, retryMs: 30_000 },
      { job: "other", limiters: [slots(1)], tasksMs: same(100, 10), startsAt: 100 },
    ]);
    const others = world.spans.filter(({ job }) => job === "other");
    expect(others.at(-1)!.to - world.start).toBeLessThan(5_000);
    expect(tookMs).toBeGreaterThan(30_000);
  });
});

describe("chunks that share a rate", () => {
  it.each([
    [1, 200],
    [4, 200],
    [16, 200],
    [40, 50],
    [3, 2],
  ])("%i of them start %i tasks a second, evenly", async (chunks, rate) => {
    const perChunk = Math.ceil((rate * 12) / chunks);
    const limiters = [paced(rate)];
    const { world, tookMs } = await ran(
      times(chunks, (at) => ({ job: `job ${at % 4}`, limiters, tasksMs: same(perChunk, 3) })),
    );
    const { spans } = world;
    expect((spans.length / tookMs) * 1_000).toBeGreaterThan(0.95 * rate);
    expect(busiest(spans, 1_000)).toBeLessThanOrEqual(1.05 * rate + 1);
    expect(busiest(spans, 10_000)).toBeLessThanOrEqual(1.05 * 10 * rate);
    expect(world.asked / (tookMs / 1_000)).toBeLessThan(110);
  });

  it("share it by job, not by chunk", async () => {
    const { world } = await ran([
      { job: "one", limiters: [paced(100)], tasksMs: same(1_000, 5) },
      ...times(5, () => ({ job: "other", limiters: [paced(100)], tasksMs: same(200, 5) })),
    ]);
    const early = world.spans.filter(({ from }) => from < world.start + 8_000);
    const ofOne = early.filter(({ job }) => job === "one").length;
    expect(ofOne / early.length).toBeGreaterThan(0.4);
    expect(ofOne / early.length).toBeLessThan(0.6);
  });

  it("count retries", async () => {
    const { world, tookMs } = await ran([
      { job: "job", limiters: [paced(50)], tasksMs: same(100, 1), failures: 2 },
    ]);
    expect(world.spans).toHaveLength(300);
    expect(tookMs).toBeGreaterThan(5_800);
    expect(busiest(world.spans, 1_000)).toBeLessThanOrEqual(52);
  });

  it("leave to others what they are too slow to use", async () => {
    const { world } = await ran([
      { job: "slow", limiters: [paced(100)], tasksMs: same(200, 1_000), window: 10 },
      { job: "fast", limiters: [paced(100)], tasksMs: same(1_000, 1) },
    ]);
    const fast = world.spans.filter(
      ({ job, from }) => job === "fast" && from > world.start + 1_000,
    );
    const seconds = (fast.at(-1)!.from - fast[0]!.from) / 1_000;
    expect(fast.length / seconds).toBeGreaterThan(65);
  });
});

describe("chunks under two limiters", () => {
  it("keep to the slower rate, and use it", async () => {
    const limiters = [paced(40, "stage"), paced(90, "action")];
    const { world, tookMs } = await ran(
      times(3, () => ({ job: "job", limiters, tasksMs: same(160, 5) })),
    );
    expect((world.spans.length / tookMs) * 1_000).toBeGreaterThan(38);
    expect(busiest(world.spans, 10_000)).toBeLessThanOrEqual(420);
  });

  it("leave slots to others while their own rate does not let them use them", async () => {
    const { world } = await ran([
      { job: "paced", limiters: [paced(10, "stage"), slots(8)], tasksMs: same(60, 20) },
      { job: "free", limiters: [slots(8)], tasksMs: same(1_500, 20) },
    ]);
    const free = world.spans.filter(
      ({ job, from }) => job === "free" && from > world.start + 1_000,
    );
    const seconds = (free.at(-1)!.from - free[0]!.from) / 1_000;
    expect(free.length / seconds).toBeGreaterThan(1.2 * (4 / 0.02));
  });

  it("do not wait for each other with a slot here and a start there", async () => {
    const shared: LimiterRef = {
      kind: "limiter",
      key: "action",
      limits: { concurrency: 1, rate: { tasks: 5, perMs: 1_000 } },
      version: 0,
    };
    const limiters = [paced(3, "stage"), shared];
    const chunk = (at: number) => ({
      job: "job",
      limiters,
      tasksMs: same(6, 1_200),
      startsAt: at * 200,
    });
    const { tookMs } = await ran(times(3, chunk), 50);
    expect(tookMs).toBeLessThan(2 * 18 * 1_200);
  });

  it("never exceed either, and all come to their end, whatever comes together", async () => {
    const chunk = fc.record({
      job: fc.constantFrom("a", "b", "c"),
      window: fc.integer({ min: 1, max: 30 }),
      tasksMs: fc.array(fc.nat({ max: 3_000 }), { minLength: 1, maxLength: 60 }),
      failures: fc.nat({ max: 1 }),
      startsAt: fc.nat({ max: 8_000 }),
      isPaced: fc.boolean(),
    });
    const scenario = fc.record({
      chunks: fc.array(chunk, { minLength: 1, maxLength: 8 }),
      concurrency: fc.integer({ min: 1, max: 20 }),
      rate: rates,
      stageRate: rates,
      latencyMs: fc.integer({ min: 1, max: 60 }),
    });
    await holdsAsync(
      fc.asyncProperty(scenario, async ({ chunks, concurrency, rate, stageRate, latencyMs }) => {
        const limits = { concurrency, rate };
        const shared: LimiterRef = { kind: "limiter", key: "action", limits, version: 0 };
        const stage = (job: string): LimiterRef => ({
          kind: "rate",
          key: `stage of ${job}`,
          limits: { concurrency: null, rate: stageRate },
          version: 0,
        });
        const { world, tookMs } = await ran(
          chunks.map(({ isPaced, ...fields }) => ({
            ...fields,
            limiters: isPaced ? [stage(fields.job), shared] : [shared],
          })),
          latencyMs,
        );
        const { spans } = world;
        expect(peak(spans)).toBeLessThanOrEqual(concurrency);
        expect(busiest(spans, 10_000)).toBeLessThanOrEqual(10.5 * paceOf(rate) + 1);
        for (const job of ["a", "b", "c"]) {
          const ofStage = spans.filter((span) => span.job === job && chunks[span.chunk]!.isPaced);
          expect(busiest(ofStage, 10_000)).toBeLessThanOrEqual(10.5 * paceOf(stageRate) + 1);
        }
        const attempts = sum(
          chunks.map(({ tasksMs, failures }) => tasksMs.length * (failures + 1)),
        );
        expect(spans).toHaveLength(attempts);
        const oneByOne = sum(spans.map(({ from, to }) => to - from));
        const starting = attempts / paceOf(rate) + attempts / paceOf(stageRate);
        expect([...world.limiters.values()].every(hasNoHolder)).toBe(true);
        expect(tookMs).toBeLessThan(30_000 + 2 * (oneByOne + starting * 1_000));
      }),
      40,
    );
  });
});

describe("a stage's limits that change while its chunks run", () => {
  it("hold for the retries of chunks that had none", async () => {
    const { world } = await ran(
      times(3, () => ({ ...failing, changes: [{ at: 50, ...allowed({ rate: perSecond(10) }) }] })),
    );
    const later = startedAfter(world, 50);
    expect(later).toHaveLength(60);
    expect(busiest(later, 1_000)).toBeLessThanOrEqual(11);
  });

  it("let retries start faster, and at once when there are none any more", async () => {
    const changes = [
      { at: 50, ...allowed({ rate: perSecond(1) }, 1) },
      { at: 3_000, ...allowed({ rate: perSecond(100) }, 2) },
      { at: 3_200, ...allowed({}, 3) },
    ];
    const { world, tookMs } = await ran([{ ...failing, changes }]);
    expect(startedAfter(world, 50).filter(({ from }) => from < world.start + 3_000)).toHaveLength(
      3,
    );
    expect(startedAfter(world, 3_000).length).toBeGreaterThan(10);
    expect(tookMs).toBeLessThan(3_500);
  });

  it("share fewer slots than the chunks have, those included that are in use", async () => {
    const changes = [{ at: 60, ...allowed({ concurrency: 4 }) }];
    const { world } = await ran(times(3, () => ({ ...failing, tasksMs: same(10, 50), changes })));
    const later = startedAfter(world, 60);
    expect(later).toHaveLength(60);
    expect(peak(later)).toBeLessThanOrEqual(4);
  });

  it("wait for the attempts that run to be fewer than there are slots", async () => {
    const long = { job: "job", limiters: [], tasksMs: same(6, 2_000) };
    const changes = [{ at: 60, ...allowed({ concurrency: 4 }) }];
    const { world } = await ran([
      { ...long, changes },
      { ...failing, changes },
    ]);
    const [first] = startedAfter(world, 60).toSorted((a, b) => a.from - b.from);
    expect(first!.from).toBeGreaterThanOrEqual(world.start + 2_000);
  });

  it("are never exceeded for longer than attempts take, and all chunks end, whatever changes", async () => {
    const chunk = fc.record({
      tasksMs: fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 20 }),
      failures: fc.nat({ max: 3 }),
      startsAt: fc.nat({ max: 1_500 }),
    });
    const limits = fc.record({
      concurrency: fc.option(fc.integer({ min: 1, max: 6 })),
      rate: fc.option(fc.integer({ min: 1, max: 50 }).map(perSecond)),
    });
    const scenario = fc.record({
      chunks: fc.array(chunk, { minLength: 1, maxLength: 5 }),
      shared: fc.option(
        fc.record({
          concurrency: fc.integer({ min: 1, max: 8 }),
          rate: fc.option(fc.integer({ min: 5, max: 50 }).map(perSecond)),
        }),
      ),
      changes: fc.array(fc.record({ at: fc.nat({ max: 4_000 }), limits }), { maxLength: 3 }),
      last: limits,
      latencyMs: fc.integer({ min: 1, max: 40 }),
    });
    await holdsAsync(
      fc.asyncProperty(scenario, async ({ chunks, shared, changes, last, latencyMs }) => {
        const ofAction: LimiterRef[] = shared
          ? [{ kind: "limiter", key: "action", limits: shared, version: 0 }]
          : [];
        const ordered = [...changes.toSorted((a, b) => a.at - b.at), { at: 4_000, limits: last }];
        const said = ordered.map((change, at) => ({ ...change, order: at + 1 }));
        const { world } = await ran(
          chunks.map((fields) => ({
            ...fields,
            job: "job",
            limiters: ofAction,
            changes: said,
          })),
          latencyMs,
        );
        const attempts = sum(
          chunks.map(({ tasksMs, failures }) => tasksMs.length * (failures + 1)),
        );
        expect(world.spans).toHaveLength(attempts);
        if (shared) expect(peak(world.spans)).toBeLessThanOrEqual(shared.concurrency);
        // What began before has ended by then.
        const later = startedAfter(world, 4_500);
        if (last.concurrency !== null) expect(peak(later)).toBeLessThanOrEqual(last.concurrency);
        if (last.rate) {
          expect(busiest(later, 10_000)).toBeLessThanOrEqual(10.5 * paceOf(last.rate) + 1);
        }
      }),
      60,
    );
  });
});

// --- internal ---

/** A chunk without limits whose tasks fail twice. */
const failing: LimitedChunk = {
  job: "job",
  limiters: [],
  tasksMs: same(10, 10),
  failures: 2,
  retryMs: 100,
};

const startedAfter = ({ spans, start }: LimitedChunks, ms: number) =>
  spans.filter(({ from }) => from > start + ms);

const slots = (concurrency: number): LimiterRef => ({
  kind: "limiter",
  key: "slots",
  limits: { concurrency, rate: null },
  version: 0,
});

const paced = (tasks: number, key = "rate"): LimiterRef => ({
  kind: "rate",
  key,
  limits: { concurrency: null, rate: { tasks, perMs: 1_000 } },
  version: 0,
});

const hasNoHolder = ({ holders }: LimiterState) => Object.keys(holders).length === 0;

const rates = fc.record({
  tasks: fc.integer({ min: 1, max: 300 }),
  perMs: fc.constantFrom(1_000, 3_000, 60_000),
});
const paceOf = ({ tasks, perMs }: RatePlan) => (tasks / perMs) * 1_000;

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

function same(tasks: number, ms: number): number[] {
  return Array<number>(tasks).fill(ms);
}

function times(count: number, chunk: (at: number) => LimitedChunk): LimitedChunk[] {
  return Array.from({ length: count }, (_, at) => chunk(at));
}

async function ran(chunks: readonly LimitedChunk[], latencyMs = 5) {
  const clock = new FakeClock();
  const world = new LimitedChunks(clock, { latencyMs });
  await world.run(chunks);
  return { world, tookMs: clock.now() - world.start };
}

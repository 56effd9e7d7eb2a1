import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../../services/contract/limits.ts";
import { push } from "../../../../services/job/core/backlog.ts";
import {
  beatOf,
  BLOCK,
  boundsOf,
  blocksOf,
  isFlooded,
  MAX_CHUNK,
  MAX_IN_FLIGHT,
  MAX_WAITING,
  planChunks,
  type PlannedChunk,
} from "../../../../services/job/core/dispatch.ts";
import type { ChunkInFlight } from "../../../../services/job/core/state.ts";
import { stagePlan } from "../../support/plans.ts";
import { holds } from "../../support/property.ts";
import { inFlight, stageWith, tasks } from "../../support/stages.ts";

const at = 5_000;

describe("planChunks", () => {
  it("sends a small stage as one chunk", () => {
    const stage = stageWith({ waiting: 10 });
    const [chunk, ...others] = planChunks(stage, { concurrency: 100, at });
    expect(chunk).toEqual({ chunk: 0, first: 0, size: 10, window: 10, slices: [tasks(0, 10)] });
    expect(others).toEqual([]);
    expect(stage.chunks[0]).toMatchObject({ size: 10, window: 10, sentAt: at, seenAt: at });
    expect(stage.backlog.tasks).toBe(0);
  });

  it("knows up to where it has sent tasks, also when some come back", () => {
    const stage = stageWith({ waiting: 100_000 });
    expect(blocksOf(stage)).toBe(0);
    planChunks(stage, { concurrency: 4, at });
    expect(stage.sentTo).toBe(Object.values(stage.chunks).reduce((sum, { size }) => sum + size, 0));
    expect(blocksOf(stage)).toBe(Math.ceil(stage.sentTo / BLOCK));
    const again = stageWith({ waiting: 5, sentTo: 20_000 });
    planChunks(again, { concurrency: 4, at });
    expect(again.sentTo).toBe(20_000);
  });

  it("sends chunks of 1,000 tasks as long as nothing was measured", () => {
    const stage = stageWith({ waiting: 2_500 });
    const planned = planChunks(stage, { concurrency: 100, at });
    expect(planned.map(({ size }) => size)).toEqual([1_000, 1_000, 500]);
    expect(windows(planned)).toBeLessThanOrEqual(100);
  });

  it("keeps the journals of calls short, and the windows that each answer wakes small", () => {
    const call = { kind: "remote", service: "Crm", handler: "note" } as const;
    for (const pace of [null, 1_000]) {
      const bounds = boundsOf(stagePlan({ call, concurrency: 100_000 }));
      const planned = planChunks(stageWith({ waiting: 100_000, pace }), { ...bounds, at });
      expect(planned).toHaveLength(MAX_IN_FLIGHT);
      for (const { size, window } of planned) {
        expect(size).toBeLessThanOrEqual(250);
        expect(window).toBeLessThanOrEqual(250);
      }
    }
  });

  it("has each of many chunks report less often", () => {
    const beats = [1, 16, MAX_IN_FLIGHT].map((chunks) => {
      const stage = stageWith({ waiting: 100_000 });
      planChunks(stage, { concurrency: chunks, maxWindow: 1, at });
      expect(Object.keys(stage.chunks)).toHaveLength(chunks);
      return beatOf(stage);
    });
    expect(beats).toEqual([1_000, 1_000, 3_840]);
  });

  it("gives fast tasks larger chunks, up to a limit", () => {
    const fast = stageWith({ waiting: 100_000, pace: 1_000 });
    expect(planChunks(fast, { concurrency: 100, at })[0]!.size).toBe(MAX_CHUNK);
    const faster = stageWith({ waiting: 1_000_000, pace: 1_000_000 });
    expect(planChunks(faster, { concurrency: 100, at })[0]!.size).toBe(MAX_CHUNK);
  });

  it("spreads short tasks over fewer chunks", () => {
    const windowAt = (taskMs: number, concurrency: number) =>
      planChunks(stageWith({ waiting: 100_000, pace: 1, succeeded: 10, taskMs: 10 * taskMs }), {
        concurrency,
        at,
      })[0]!.window;
    expect(windowAt(51, 1_600)).toBe(100);
    expect(windowAt(50, 1_600)).toBe(400);
    expect(windowAt(51, 32)).toBe(2);
    expect(windowAt(50, 32)).toBe(16);
  });

  it("cuts the first chunks so that all of them end together", () => {
    const planned = planChunks(stageWith({ waiting: 10_000 }), { concurrency: 1_000, at });
    expect(planned.map(({ size, window }) => [size, window])).toEqual(
      Array.from({ length: 4 }, () => [2_500, 250]),
    );
  });

  it("gives slow tasks chunks of a few rounds", () => {
    const slow = stageWith({ waiting: 100_000, pace: 0.01, succeeded: 10, taskMs: 1_000_000 });
    const [chunk] = planChunks(slow, { concurrency: 160, at });
    expect(chunk).toMatchObject({ size: 40, window: 10 });
  });

  it("makes chunks smaller towards the end", () => {
    const sizeWith = (waiting: number) =>
      planChunks(stageWith({ waiting, pace: 10, succeeded: 10, taskMs: 1_000 }), {
        concurrency: 1_600,
        at,
      })[0]!.size;
    expect(sizeWith(100_000)).toBe(1_000);
    expect(sizeWith(8_000)).toBe(500);
    expect(sizeWith(800)).toBe(300);
    expect(sizeWith(50)).toBe(50);
  });

  it("sends nothing while all slots are taken", () => {
    const stage = stageWith({ waiting: 10, chunks: { 0: inFlight({ window: 5 }) } });
    expect(planChunks(stage, { concurrency: 5, at })).toEqual([]);
    expect(planChunks(stage, { concurrency: 6, at })).toHaveLength(1);
  });

  it("has at most 64 chunks in flight", () => {
    const stragglers = Array.from({ length: 60 }, (_, chunk) => [chunk + 100, inFlight()]);
    const chunks = Object.fromEntries(stragglers) as Record<string, ChunkInFlight>;
    const stage = stageWith({ waiting: 1_000_000, chunks });
    expect(planChunks(stage, { concurrency: 10_000, at })).toHaveLength(MAX_IN_FLIGHT - 60);
    expect(planChunks(stage, { concurrency: 100_000, at })).toEqual([]);
  });

  it("does not count those that wait for retries far away, up to a number", () => {
    const waiting = inFlight({ window: 0, retrying: 1, seq: 1 });
    const plannedWith = (count: number) => {
      const chunks = Object.fromEntries(Array.from({ length: count }, (_, at) => [at, waiting]));
      const stage = stageWith({ waiting: 1_000_000, chunks, nextChunk: count });
      return planChunks(stage, { concurrency: 10_000, at }).length;
    };
    expect(plannedWith(MAX_IN_FLIGHT)).toBe(plannedWith(0));
    expect(plannedWith(MAX_WAITING + MAX_IN_FLIGHT - 1)).toBe(1);
    expect(plannedWith(MAX_WAITING + MAX_IN_FLIGHT)).toBe(0);
  });

  it("lets no chunk cross into the next block", () => {
    const stage = stageWith({ total: BLOCK + 600 });
    push(stage.backlog, [tasks(BLOCK - 600, 1_200)]);
    const planned = planChunks(stage, { concurrency: 100, at });
    expect(planned.map(({ first, size }) => [first, size])).toEqual([
      [BLOCK - 600, 600],
      [BLOCK, 600],
    ]);
  });

  it("gives out what a rate allows to start in the next seconds, not more", () => {
    const stage = stageWith({ waiting: 100_000 });
    const planned = planChunks(stage, { concurrency: 100, perSecond: 200, at });
    expect(planned).toMatchObject([{ size: 600, window: 100 }]);
    expect(planChunks(stage, { concurrency: 200, perSecond: 200, at })).toEqual([]);
  });

  it("sends more under a rate when what was sent has started", () => {
    const started = inFlight({ size: 600, window: 40, seq: 1, succeeded: 500, running: 40 });
    const stage = stageWith({ waiting: 100_000, chunks: { 0: started }, nextChunk: 1 });
    const [more] = planChunks(stage, { concurrency: 100, perSecond: 200, at });
    expect(more).toMatchObject({ size: 540, window: 60 });
  });

  it("takes a chunk that only has to report for one that has ended", () => {
    const freed = inFlight({ size: 600, window: 0, seq: 1, succeeded: 100 });
    const stage = stageWith({ waiting: 100_000, chunks: { 0: freed }, nextChunk: 1 });
    const [more] = planChunks(stage, { concurrency: 100, perSecond: 200, at });
    expect(more).toMatchObject({ size: 600 });
  });

  it("sends at least one task under the slowest rate", () => {
    const stage = stageWith({ waiting: 100 });
    const planned = planChunks(stage, { concurrency: 100, perSecond: 1e-6, at });
    expect(planned).toMatchObject([{ size: 1, window: 1 }]);
  });

  it("keeps its promises whatever is waiting and running", () => {
    const scenario = fc.record({
      gaps: fc.array(fc.record({ skip: fc.nat({ max: 20_000 }), count: fc.nat({ max: 9_000 }) }), {
        maxLength: 40,
      }),
      running: fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 64 }),
      concurrency: fc.integer({ min: 1, max: 100_000 }),
      pace: fc.option(fc.double({ min: 1e-6, max: 1e6, noNaN: true })),
    });
    holds(
      fc.property(scenario, ({ gaps, running, concurrency, pace }) => {
        let next = 0;
        const segments = gaps.map(({ skip, count }) => {
          const segment = tasks(next + skip, count);
          next += skip + count;
          return segment;
        });
        const chunks = Object.fromEntries(running.map((window, id) => [id, inFlight({ window })]));
        const stage = stageWith({ pace, chunks, nextChunk: running.length });
        push(stage.backlog, segments);
        const waiting = stage.backlog.tasks;
        const before = running.reduce((a, b) => a + b, 0);

        const planned = planChunks(stage, { concurrency, at });

        expect(windows(planned)).toBeLessThanOrEqual(Math.max(0, concurrency - before));
        expect(Object.keys(stage.chunks).length).toBeLessThanOrEqual(MAX_IN_FLIGHT);
        expect(planned.reduce((sum, { size }) => sum + size, 0)).toBe(
          waiting - stage.backlog.tasks,
        );
        if (running.length === 0 && waiting > 0) expect(planned.length).toBeGreaterThan(0);
        for (const { first, size, window, slices } of planned) {
          expect(size).toBeGreaterThan(0);
          expect(size).toBeLessThanOrEqual(MAX_CHUNK);
          expect(window).toBeGreaterThan(0);
          expect(window).toBeLessThanOrEqual(size);
          expect(Number.isInteger(window)).toBe(true);
          expect(Math.floor(first / BLOCK)).toBe(Math.floor((first + size - 1) / BLOCK));
          expect(slices.reduce((sum, { count }) => sum + count, 0)).toBe(size);
        }
      }),
      200,
    );
  });
});

describe("boundsOf", () => {
  const rate = { tasks: 30, perMs: 60_000 };

  it("takes the lower of what the job asks for and what the action allows", () => {
    const plan = stagePlan({ concurrency: 50, rate });
    expect(boundsOf(plan)).toEqual({ concurrency: 50, perSecond: 0.5 });
    const slower = { concurrency: 8, rate: { tasks: 1, perMs: 4_000 } };
    expect(boundsOf({ ...plan, shared: slower })).toEqual({ concurrency: 8, perSecond: 0.25 });
    const faster = { concurrency: 80, rate: { tasks: 9, perMs: 1_000 } };
    expect(boundsOf({ ...plan, shared: faster })).toEqual({ concurrency: 50, perSecond: 0.5 });
  });

  it("knows no rate unless one is given", () => {
    expect(boundsOf(stagePlan()).perSecond).toBe(Infinity);
  });
});

describe("isFlooded", () => {
  it("is so above half of what a stage may store", () => {
    const stage = stageWith();
    expect(isFlooded(stage)).toBe(false);
    stage.backlog.items = LIMITS.backlogItems / 2;
    expect(isFlooded(stage)).toBe(false);
    stage.backlog.items += 1;
    expect(isFlooded(stage)).toBe(true);
    stage.backlog.items = 0;
    stage.backlog.bytes = LIMITS.backlogBytes / 2 + 1;
    expect(isFlooded(stage)).toBe(true);
  });

  it("is never so behind the last stage", () => {
    expect(isFlooded(undefined)).toBe(false);
  });
});

// --- internal ---

const windows = (planned: readonly PlannedChunk[]) =>
  planned.reduce((sum, { window }) => sum + window, 0);

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../services/contract/limits.ts";
import type { ChunkReport } from "../../../services/job/core/state.ts";
import type { Piece } from "../../../services/task/pieces.ts";
import type { ChunkSpec } from "../../../services/task/chunk-spec.ts";
import { seedsOfEmissions, seedsOfOutcomes } from "../../../services/task/emission.ts";
import type { Group } from "../../../services/task/executor/group.ts";
import { isEmissionPiece, parsePiece } from "../../../services/task/piece.ts";
import { lineIndex } from "../../../services/task/record.ts";
import { cancelled, chunkLog, chunkSpec, failed, groupOf, succeeded } from "../support/chunks.ts";
import { untried } from "../support/executions.ts";
import { stagePlan } from "../support/plans.ts";
import { holds } from "../support/property.ts";
import { again, tasks } from "../support/stages.ts";

const next = { stage: 1, action: "next" };
const MIB = 1024 * 1024;

/** What a task came to: null: it failed; a number: it emitted that many tasks; "plain": its result is passed on. */
type End = null | number | "plain";

const scenarios = fc.record({
  groups: fc.array(
    fc.record({
      ends: fc.array(
        fc.oneof(fc.constant(null), fc.nat({ max: 3 }), fc.constant("plain" as const)),
        {
          maxLength: 6,
        },
      ),
      report: fc.boolean(),
      taskMs: fc.nat({ max: 100 }),
    }),
    { maxLength: 10 },
  ),
  order: fc.infiniteStream(fc.nat()),
  givesBack: fc.nat({ max: 3 }),
});

describe("ChunkLog", () => {
  it("stores and reports the same when the same groups are replayed", () => {
    holds(
      fc.property(scenarios, (scenario) => {
        const { spec, groups } = played(scenario);
        expect(run(spec, groups)).toEqual(run(spec, structuredClone(groups)));
      }),
    );
  });

  it("passes every task on once, in order, however plain and emitted groups mix", () => {
    holds(
      fc.property(scenarios, (scenario) => {
        const { spec, groups, expected } = played(scenario);
        const { stored, reports } = run(spec, groups);
        const passedOn = reports.at(-1)!.pieces;
        expect(passedOn.reduce((sum, { count }) => sum + count, 0)).toBe(expected.passed.length);
        const parents = passedOn.flatMap(({ name, count }) => {
          const { lines } = stored.find((piece) => piece.name === name)!;
          const seedsOf = isEmissionPiece(name) ? seedsOfEmissions : seedsOfOutcomes;
          return seedsOf(lines, 0, count + 1).map(({ parent }) => parent);
        });
        expect(parents).toEqual(expected.passed);
        // What each report names follows what the one before it named.
        const named = reports.slice(0, -1).flatMap(({ pieces }) => pieces);
        expect(named).toEqual(passedOn.slice(0, named.length));
        expect(reports.at(-1)!.firstPiece).toBe(0);
      }),
      200,
    );
  });

  it("stores every outcome once, under names that tell its index", () => {
    holds(
      fc.property(scenarios, (scenario) => {
        const { spec, groups, expected } = played(scenario);
        const { stored } = run(spec, groups);
        expect(new Set(stored.map(({ name }) => name)).size).toBe(stored.length);
        const indexes = stored.flatMap(({ name, lines }) => {
          const piece = parsePiece(name);
          if (!piece) return [];
          const within = lines.map(lineIndex);
          expect(Math.min(...within)).toBe(piece.min);
          expect(Math.max(...within)).toBe(piece.max);
          return within;
        });
        expect(indexes).toEqual(expected.indexes);
      }),
    );
  });

  it("comes to the same when it is restored from what was stored", () => {
    holds(
      fc.property(scenarios, fc.nat({ max: 10 }), (scenario, until) => {
        const { spec, groups } = played(scenario);
        const lost = run(spec, groups.slice(0, until));
        const restored = chunkLog({ ...spec, takeovers: 1 });
        const returnedFrom = lost.log.returnedFrom;
        for (const piece of lost.stored) restored.restore(piece);
        restored.resume(returnedFrom);
        const before = lost.log.report(true);
        const after = restored.report(true);
        for (const field of ["succeeded", "failed", "pieces", "returned", "collected"] as const) {
          expect({ [field]: after[field] }).toEqual({ [field]: before[field] });
        }
        expect([...restored.ended]).toEqual([...lost.log.ended]);
        expect(restored.size).toBe(lost.log.size);
        expect(after.seq).toBeGreaterThan(before.seq);
        for (const group of groups.slice(until)) restored.add(group);
        expect(restored.isDone).toBe(true);
        expect(
          restored.flush().every(({ name }) => !lost.stored.some((piece) => piece.name === name)),
        ).toBe(true);
        const { log } = run(spec, groups);
        const [whole, resumed] = [log.report(true), restored.report(true)];
        expect(resumed.succeeded).toBe(whole.succeeded);
        expect(resumed.failed).toBe(whole.failed);
        expect(countOf(resumed)).toBe(countOf(whole));
      }),
    );
  });

  it("is done when every task that it keeps has an outcome", () => {
    const log = chunkLog(chunkSpec({ first: 20, size: 3 }));
    expect(log.isDone).toBe(false);
    log.add(groupOf([succeeded(21), failed(20)]));
    expect([20, 21, 22].map((index) => log.isOpen(index))).toEqual([false, false, true]);
    log.add(groupOf([succeeded(22)]));
    expect(log.isDone).toBe(true);
  });

  it("gives tasks back as the segments they came in, cut where they were not started", () => {
    const slices = [tasks(20, 5), tasks(25, 5), tasks(30, 5)];
    const log = chunkLog(chunkSpec({ first: 20, size: 15, slices }));
    log.add(groupOf([succeeded(20)], { returnedFrom: 27 }));
    expect(log.report(false).returned).toEqual([tasks(27, 3), tasks(30, 5)]);
    expect({ size: log.size, returnedFrom: log.returnedFrom }).toEqual({
      size: 7,
      returnedFrom: 27,
    });
    expect(log.isOpen(26)).toBe(true);
    expect(log.isOpen(27)).toBe(false);
    expect(log.timeline()).toMatchObject({ first: 20, size: 7, succeeded: 1, worker: "here:1" });
  });

  it("knows which tasks it keeps of those that run again, also when it is restored", () => {
    const slices = [again(4, 9, 3), again(10, 40, 3)];
    const spec = chunkSpec({ first: 4, size: 6, generation: 2, slices });
    const indexes = [4, 7, 9, 12, 31, 40];
    const log = chunkLog(spec, indexes);
    log.add(groupOf([succeeded(7)], { returnedFrom: 31 }));
    const restored = chunkLog({ ...spec, takeovers: 1 }, indexes);
    for (const piece of log.flush()) restored.restore(piece);
    restored.resume(log.returnedFrom);
    for (const one of [log, restored]) {
      expect(one.report(false).returned).toEqual([again(31, 40, 2)]);
      expect(one.size).toBe(4);
      expect(indexes.filter((index) => one.isOpen(index))).toEqual([4, 9, 12]);
      one.add(groupOf([succeeded(4), failed(12), failed(9)]));
      expect(one.isDone).toBe(true);
      expect(one.timeline()).toMatchObject({ first: 4, size: 4, succeeded: 2, failed: 2 });
    }
  });

  it("gives all of them back as they came", () => {
    const slices = [again(4, 9, 3), again(10, 40, 3)];
    const log = chunkLog(chunkSpec({ first: 4, size: 6, slices }), [4, 7, 9, 12, 31, 40]);
    log.add(groupOf([], { returnedFrom: 4 }));
    expect(log.report(true).returned).toEqual(slices);
    expect({ size: log.size, isDone: log.isDone }).toEqual({ size: 0, isDone: true });
  });

  it("knows the failed attempts of tasks that have no outcome yet", () => {
    const log = chunkLog(chunkSpec());
    const retry = { ...untried(5), attempts: 1, readyAt: 2_000 };
    log.add(groupOf([succeeded(0)], { retries: [retry], retrying: 1, nextRetryAt: 2_000 }));
    expect([...log.retries.values()]).toEqual([retry]);
    expect(log.lastKnown).toBe(5);
    expect(log.report(false)).toMatchObject({ retries: 1, retrying: 1, nextRetryAt: 2_000 });
    log.add(groupOf([failed(5)]));
    expect(log.retries.size).toBe(0);
    expect(log.report(true)).toMatchObject({ retries: 1, retrying: 0, failed: 1 });
  });

  it("counts cancelled tasks apart, also when it is restored", () => {
    const spec = chunkSpec({ size: 3, collects: true });
    const log = chunkLog(spec);
    log.add(groupOf([cancelled(0), failed(1), succeeded(2)]));
    const restored = chunkLog({ ...spec, takeovers: 1 });
    for (const piece of log.flush()) restored.restore(piece);
    restored.resume(null);
    for (const { succeeded: ok, ...report } of [log.report(true), restored.report(true)]) {
      expect({ ok, ...report }).toMatchObject({
        invocation: "inv",
        ok: 1,
        failed: 1,
        cancelled: 1,
      });
      expect(report.collected?.[0]).toBe(
        '[0,{"ok":false,"error":{"code":"CANCELLED","message":"enough"}}]',
      );
    }
  });

  it("forgets the failed attempt of a task that ends in the same group", () => {
    const log = chunkLog(chunkSpec({ size: 1 }));
    log.add(groupOf([cancelled(0)], { retries: [{ ...untried(0), attempts: 1 }] }));
    expect(log.retries.size).toBe(0);
  });

  it("says what its tasks wait for until it has ended", () => {
    const log = chunkLog(chunkSpec({ size: 2 }));
    log.add(groupOf([succeeded(0)], { heldBy: "rate" }));
    expect(log.report(false).heldBy).toBe("rate");
    expect(log.report(true)).not.toHaveProperty("heldBy");
    log.add(groupOf([succeeded(1)]));
    expect(log.report(false)).not.toHaveProperty("heldBy");
  });

  it("knows whether its job has heard of it", () => {
    const log = chunkLog(chunkSpec());
    log.add(groupOf([succeeded(0)]));
    expect(log.isIntroduced).toBe(false);
    log.add(groupOf([], { introduces: true }));
    log.add(groupOf([]));
    expect(log.isIntroduced).toBe(true);
    const reported = chunkLog(chunkSpec());
    reported.add(groupOf([], { report: true }));
    expect(reported.isIntroduced).toBe(true);
    expect(chunkLog(chunkSpec({ takeovers: 1 })).isIntroduced).toBe(true);
  });

  it("says when it began though it is begun again", () => {
    const log = chunkLog(chunkSpec());
    log.begin(500);
    log.begin(900);
    expect(log.report(false)).toMatchObject({ startedAt: 500, at: 500 });
  });

  it("says what slots it has released and wants, but not at its end", () => {
    const log = chunkLog(chunkSpec({ size: 2, window: 2 }));
    log.add(groupOf([]));
    expect(Object.keys(log.report(false))).not.toEqual(
      expect.arrayContaining(["released", "wants"]),
    );
    log.add(groupOf([succeeded(0)], { released: 2, wants: 3 }));
    expect(log.report(false)).toMatchObject({ window: 2, released: 2, wants: 3 });
    log.add(groupOf([]));
    expect(log.report(false)).toMatchObject({ window: 2, released: 2 });
    expect(log.report(false)).not.toHaveProperty("wants");
    expect(log.released).toBe(2);
    log.add(groupOf([succeeded(1)], { released: 2, wants: 3 }));
    expect(log.report(true)).toMatchObject({ window: 2 });
    expect(log.report(true)).not.toHaveProperty("released");
    expect(log.report(true)).not.toHaveProperty("wants");
  });

  it("stores pieces of at most 1 MiB", () => {
    const log = chunkLog(chunkSpec());
    const results = ["x".repeat(0.6 * MIB), "y".repeat(0.6 * MIB), "z"];
    log.add(groupOf(results.map((result, index) => succeeded(index, result))));
    expect(log.flush().map(({ lines }) => lines.length)).toEqual([1, 2]);
  });

  it("stores pieces of at most 1 MiB of bytes, not of characters", () => {
    const log = chunkLog(chunkSpec());
    const results = Array.from({ length: 6 }, () => "漢".repeat(0.3 * MIB));
    log.add(groupOf(results.map((result, index) => succeeded(index, result))));
    for (const { lines } of log.flush()) {
      expect(Buffer.byteLength(lines.join("\n"))).toBeLessThanOrEqual(LIMITS.commitBytes);
    }
  });

  describe("collecting", () => {
    it("gives an entry for each task, with what users see of an error", () => {
      const log = chunkLog(chunkSpec({ size: 2, collects: true }));
      log.add(groupOf([failed(1), succeeded(0, { a: [1, "x,y"] })]));
      expect(log.report(false).collected).toBeNull();
      expect(log.report(true).collected).toEqual([
        '[1,{"ok":false,"error":{"code":"TASK_FAILED","message":"no"}}]',
        '[0,{"ok":true,"value":{"a":[1,"x,y"]}}]',
      ]);
    });

    it("stops at 1 MiB, so that a report never grows beyond what can be sent", () => {
      const log = chunkLog(chunkSpec({ size: 40, collects: true }));
      for (let index = 0; index < 40; index += 1) {
        log.add(groupOf([succeeded(index, "x".repeat(MIB - 2))]));
      }
      expect(JSON.stringify(log.report(true)).length).toBeLessThan(10_000);
    });

    it("gives nothing where the stage keeps nothing inline", () => {
      const log = chunkLog(chunkSpec({ size: 1 }));
      log.add(groupOf([succeeded(0)]));
      expect(log.report(true).collected).toBeNull();
    });
  });

  describe("folding", () => {
    const plan = stagePlan({ fold: { topK: { path: "n", k: 2 } } });
    const lines = [4, 9, 2].map((n, index) => succeeded(index, { n }));

    it("comes to the part of what succeeded, in the last report only", () => {
      const log = chunkLog(chunkSpec({ size: 5, plan }));
      log.add(groupOf([lines[2]!, failed(3)]));
      expect(log.report(false).fold).toBeNull();
      log.add(groupOf([lines[1]!, lines[0]!, succeeded(4, "no number")]));
      expect(log.report(true).fold).toEqual({
        top: [
          { index: 1, value: 9 },
          { index: 0, value: 4 },
        ],
        skipped: 1,
      });
    });

    it("counts what was restored", () => {
      const log = chunkLog(chunkSpec({ size: 3, plan }));
      log.restore({ name: "o/0-1/1.4.0.-", lines: lines.slice(0, 2) });
      log.resume(null);
      log.add(groupOf([lines[2]!]));
      const whole = chunkLog(chunkSpec({ size: 3, plan }));
      whole.add(groupOf(lines));
      expect(log.report(true).fold).toEqual(whole.report(true).fold);
    });

    it("has no part where the stage folds otherwise", () => {
      const log = chunkLog(chunkSpec({ size: 1 }));
      log.add(groupOf([succeeded(0)]));
      expect(log.report(true).fold).toBeNull();
    });
  });
});

// --- internal ---

/** Runs groups as a runner does: stores and reports when a group says so, and at the end. */
function run(spec: ChunkSpec, groups: readonly Group[]) {
  const log = chunkLog(spec);
  const stored: Piece[] = [];
  const reports: ChunkReport[] = [];
  for (const group of groups) {
    log.add(group);
    if (!group.head.report) continue;
    stored.push(...log.flush());
    reports.push(log.report(false));
  }
  stored.push(...log.flush());
  reports.push(log.report(true));
  return { log, stored, reports };
}

/** Groups of a chunk whose tasks end in any order, and what must come of them. */
function played({
  groups: plan,
  order,
  givesBack,
}: {
  groups: readonly { ends: readonly End[]; report: boolean; taskMs: number }[];
  order: fc.Stream<number>;
  givesBack: number;
}) {
  const size = plan.reduce((sum, { ends }) => sum + ends.length, 0);
  const left = Array.from({ length: size }, (_, at) => at);
  const passed: number[] = [];
  const indexes: number[] = [];
  const groups = plan.map(({ ends, report, taskMs }, number) => {
    const taken = ends.map((end) => {
      const draw = order.next().value ?? 0;
      const [index] = left.splice(draw % left.length, 1) as [number];
      indexes.push(index);
      passed.push(...Array.from({ length: end === "plain" ? 1 : (end ?? 0) }, () => index));
      return { index, end };
    });
    const lines = taken.map(({ index, end }) => (end === null ? failed(index) : succeeded(index)));
    const isPlain = ends.every((end) => end === null || end === "plain");
    const emissions = taken.flatMap(({ index, end }) => {
      if (end === "plain") return [`{"n":1,"p":${index},"o":${index},"as":"item","v":[${index}]}`];
      return end ? [`{"n":${end},"p":${index},"o":${index}}`] : [];
    });
    const isLast = number === plan.length - 1;
    return groupOf(lines, {
      report,
      taskMs,
      returnedFrom: isLast && givesBack > 0 ? size : null,
      ...(isPlain ? {} : { emissions }),
    });
  });
  const given = size + (plan.length > 0 ? givesBack : 0);
  const spec = chunkSpec({ size: given, slices: [tasks(0, given)], next, collects: true });
  return { spec, groups, expected: { passed, indexes } };
}

const countOf = ({ pieces }: ChunkReport) => pieces.reduce((sum, { count }) => sum + count, 0);

describe("progress", () => {
  it("is told once, in the newest words", () => {
    const log = chunkLog(chunkSpec());
    log.add(groupOf([succeeded(0)], { progress: "a" }));
    log.add(groupOf([succeeded(1)], { progress: "b" }));
    log.add(groupOf([succeeded(2)]));
    expect(log.report(false).progress).toBe("b");
    expect(log.report(false)).not.toHaveProperty("progress");
  });
});

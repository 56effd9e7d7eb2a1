import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fanout } from "../../../../services/contract/fanout.ts";
import type { StagePlan } from "../../../../services/job/core/plan.ts";
import type { Command } from "../../../../services/job/core/command.ts";
import { reduce, type ChangedLimits } from "../../../../services/job/core/reducer.ts";
import { segmentsOf, type Segment } from "../../../../services/job/core/segments.ts";
import type {
  BegunChunk,
  ChunkReport,
  FreedChunk,
  JobState,
} from "../../../../services/job/core/state.ts";
import { decisions } from "../../support/decisions.ts";
import { JobSimulation } from "../../support/job-simulation.ts";
import { holds } from "../../support/property.ts";
import { report } from "../../support/reports.ts";
import { emptyJob, tasks } from "../../support/stages.ts";

const tolerances = fc.record({
  tolerate: fc.oneof(
    fc.record({ count: fc.nat({ max: 5 }) }),
    fc.record({ percent: fc.nat({ max: 60 }) }),
    fc.record({ count: fc.nat({ max: 5 }), percent: fc.nat({ max: 60 }) }),
  ),
  onExceeded: fc.constantFrom(undefined, "stop" as const, "finish" as const),
});

const stagePlans: fc.Arbitrary<Partial<StagePlan>> = fc.record<Partial<StagePlan>>({
  concurrency: fc.integer({ min: 1, max: 200 }),
  rate: fc.constantFrom(null, null, { tasks: 200, perMs: 1_000 }),
  shared: fc.constantFrom(null, null, { concurrency: 9, rate: null }),
  policy: fc.oneof(
    fc.constantFrom("complete-all" as const, "best-effort" as const, "all-or-nothing" as const),
    tolerances,
  ),
  succeedAfter: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }) },
  ),
  fold: fc.constantFrom<StagePlan["fold"]>("none", "count", { action: "summarize" }),
});

const smallFanouts: fc.Arbitrary<Fanout> = fc.oneof(
  fc.record({ tasks: fc.nat({ max: 60 }) }),
  fc.record({
    range: fc.record({
      start: fc.integer({ min: -20, max: 20 }),
      stop: fc.integer({ min: -20, max: 20 }),
      step: fc.constantFrom(1, -1, 3, -4),
      batch: fc.constantFrom(undefined, 1, 3),
    }),
  }),
  fc.record({
    foreach: fc.record({
      items: fc.array(fc.nat(), { maxLength: 40 }),
      batch: fc.constantFrom(undefined, 2),
    }),
  }),
);
const fanouts: fc.Arbitrary<Fanout> = fc.oneof(
  { weight: 9, arbitrary: smallFanouts },
  { weight: 1, arbitrary: fc.constantFrom<Fanout[]>({ tasks: 2_500 }, { tasks: 17_000 }) },
);

const jobs = fc.record({
  stages: fc.array(stagePlans, { minLength: 1, maxLength: 4 }),
  feeds: fc.array(fanouts, { maxLength: 6 }),
  pages: fc.array(fc.nat({ max: 60 }), { maxLength: 8 }),
  delayMs: fc.constantFrom(0, 60_000),
  decide: decisions(1_200),
});

describe("reduce", () => {
  it("keeps every promise and ends, whatever happens in which order", () => {
    holds(
      fc.property(jobs, ({ stages, feeds, pages, delayMs, decide }) => {
        const feeding = { feeds: segmentsInOrder(feeds), pages, delayMs };
        new JobSimulation(stages, decide, feeding).run();
      }),
      60,
    );
  });

  it("ends an empty job at once, all its stages with it", () => {
    const { state, commands } = fed(emptyJob({}, {}, {}), [], { seal: true });
    expect(state.status).toBe("SUCCEEDED");
    expect(kinds(commands)).toEqual(["stage ended", "stage ended", "stage ended", "job ended"]);
    expect(state.stages.every(({ sealed, endedAt }) => sealed && endedAt === 0)).toBe(true);
  });

  it("lets an open job wait for its seal", () => {
    const idle = reported(fed(emptyJob({}), [tasks(0, 2)], { seal: false }).state, {
      succeeded: 2,
      final: true,
    });
    expect(idle.state.status).toBe("RUNNING");
    expect(kinds(idle.commands)).toEqual([]);
    const sealed = fed(idle.state, [], { seal: true });
    expect(kinds(sealed.commands)).toEqual(["stage ended", "job ended"]);
  });

  it("starts the next stage with the first tasks that are passed on", () => {
    const { state } = fed(emptyJob({}, {}), [tasks(0, 10)], { seal: true });
    const { commands } = reported(state, { succeeded: 1, running: 9, pieces: [piece("p", 1)] });
    expect(kinds(commands)).toEqual(["dispatch"]);
    expect(commands[0]).toMatchObject({ stage: 1, planned: { first: 0, size: 1 } });
  });

  it("goes on to the next stage when tasks have failed", () => {
    const { state } = fed(emptyJob({}, {}), [tasks(0, 2)], { seal: true });
    const pieces = [piece("p", 1)];
    const after = reported(state, { succeeded: 1, failed: 1, final: true, pieces }).state;
    expect(after.stages.map(({ status }) => status)).toEqual(["FAILED", "RUNNING"]);
    const end = reported(after, { stage: 1, succeeded: 1, final: true }).state;
    expect(end.stages.map(({ status }) => status)).toEqual(["FAILED", "SUCCEEDED"]);
    expect(end.status).toBe("FAILED");
  });

  it("sends again what a chunk gave back, before what comes after it", () => {
    const job = fed(emptyJob({ concurrency: 1 }), [tasks(0, 1_005)], { seal: true }).state;
    const { commands, state } = reported(job, {
      succeeded: 10,
      final: true,
      returned: [tasks(10, 990)],
    });
    expect(commands[0]).toMatchObject({ type: "dispatch", planned: { first: 10 } });
    expect(state.stages[0]).toMatchObject({ total: 1_005, succeeded: 10 });
  });

  it("sends first what comes first of what several chunks gave back, whoever reports first", () => {
    const fanout = [tasks(0, 40_000)];
    const job = fed(emptyJob({ concurrency: 1_000 }), fanout, { seal: true }).state;
    const givesBack = (state: JobState, chunk: number) => {
      const { first, size, window } = state.stages[0]!.chunks[chunk]!;
      const returned = [tasks(first + window, size - window)];
      return reported(state, { chunk, running: window, returned }).state;
    };
    const { window } = job.stages[0]!.chunks[0]!;
    const { commands } = freed(givesBack(givesBack(job, 0), 1), { chunk: 0 });
    expect(commands[0]).toMatchObject({ type: "dispatch", planned: { first: window } });
  });

  it("lets a chunk that winds down give its slots to others", () => {
    const job = fed(emptyJob({ concurrency: 1_600 }), [tasks(0, 40_000)], { seal: true }).state;
    const { window } = job.stages[0]!.chunks[0]!;
    const { state, commands } = reported(job, {
      succeeded: 900,
      running: 1,
      released: window - 1,
    });
    expect(state.stages[0]!.chunks[0]!.window).toBe(1);
    expect(commands).toMatchObject([{ type: "dispatch", planned: { window: window - 1 } }]);
  });

  it("tells a chunk that begins what the job was told before that", () => {
    const job = fed(emptyJob({}), [tasks(0, 10)], { seal: true }).state;
    const stopped = reduce(job, { type: "stop", at: 2, as: "CANCELLED", reason: "enough" });
    expect(kinds(stopped.commands)).not.toContain("direct");
    const { state, commands } = begun(stopped.state, { invocation: "runner" });
    expect(commands).toEqual([
      { type: "direct", invocation: "runner", directive: { type: "stop", reason: "enough" } },
    ]);
    expect(begun(state, { invocation: "late" })).toEqual({ state, commands: [] });
    expect(begun(stopped.state, { epoch: "other" }).commands).toEqual([]);
  });

  describe("new limits", () => {
    const rate = { tasks: 5, perMs: 1_000 };
    const limits = { concurrency: null, rate: null };
    const change = (state: JobState, changed: ChangedLimits) =>
      reduce(state, { type: "limits", at: 2, stages: [0], limits: changed });
    const running = () => {
      const { state } = fed(emptyJob({ concurrency: 10 }), [tasks(0, 10)], { seal: true });
      return begun(state, { invocation: "runner" }).state;
    };

    it.each([
      ["a rate", { rate }, { ...limits, rate }],
      ["fewer slots than it has", { concurrency: 3 }, { ...limits, concurrency: 3 }],
      ["as many slots as it has", { concurrency: 10 }, limits],
    ])("reach a chunk in flight: %s", (_, changed, told) => {
      const directive = { type: "yield", order: 1, limits: told, granted: 10 };
      expect(change(running(), changed).commands).toEqual([
        { type: "direct", invocation: "runner", directive },
      ]);
    });

    it("hold when the job goes on after a pause", () => {
      const paused = reduce(running(), { type: "pause", at: 1 }).state;
      const changed = change(paused, { rate });
      expect(changed.commands).toMatchObject([{ directive: { type: "pause" } }]);
      const directive = { type: "yield", order: 3, limits: { ...limits, rate }, granted: 10 };
      expect(reduce(changed.state, { type: "resume", at: 3 }).commands).toEqual([
        { type: "direct", invocation: "runner", directive },
      ]);
    });

    it("are not told to a chunk that was sent under them", () => {
      const { state } = fed(emptyJob({}), [tasks(0, 10)], { seal: true });
      const later = fed(change(state, { rate }).state, [tasks(10, 10)], { seal: false }).state;
      expect(begun(later, { chunk: 0 }).commands).toHaveLength(1);
      expect(begun(later, { chunk: 1 }).commands).toEqual([]);
    });
  });

  it("gives the slots of a chunk to others as soon as its tasks have ended", () => {
    const job = fed(emptyJob({ concurrency: 4 }), [tasks(0, 9_000)], { seal: true }).state;
    const { state, commands } = freed(job, { chunk: 0 });
    expect(commands).toMatchObject([{ type: "dispatch", planned: { first: 8_000 } }]);
    expect(state.stages[0]).toMatchObject({
      succeeded: 0,
      chunks: { 0: { window: 0, running: 0 } },
    });
    expect(freed(job, { chunk: 7 })).toEqual({ state: job, commands: [] });
    expect(freed(job, { epoch: "other" })).toEqual({ state: job, commands: [] });
  });

  it("counts a task that a lost runner had begun again only once", () => {
    const { state } = fed(emptyJob({}), [tasks(0, 10)], { seal: true });
    const before = reported(state, { seq: 3, succeeded: 4, failed: 1, running: 5, retries: 2 });
    const final = { seq: 1_000_001, final: true, succeeded: 8, failed: 2, retries: 0 };
    const { stages } = reported(before.state, final).state;
    expect(stages[0]).toMatchObject({ succeeded: 8, failed: 2, status: "FAILED" });
    expect(stages[0]!.retries).toBeGreaterThanOrEqual(0);
  });

  it("takes in what was passed on however partial reports overtake each other", () => {
    const { state } = fed(emptyJob({}, {}), [tasks(0, 9)], { seal: true });
    const pieces = [piece("p0", 2), piece("p1", 3), piece("p2", 4)];
    const first = { seq: 1, succeeded: 2, pieces: pieces.slice(0, 1) };
    const second = { seq: 2, succeeded: 5, firstPiece: 1, pieces: pieces.slice(1, 2) };
    const final = { seq: 3, succeeded: 9, final: true, pieces };
    const after = [second, first, final].reduce((job, next) => reported(job, next).state, state);
    expect(after.stages[1]!.total).toBe(9);
  });

  it("changes nothing once the job has ended", () => {
    const { state } = fed(emptyJob({}), [], { seal: true });
    expect(fed(state, [tasks(0, 5)], { seal: false })).toEqual({ state, commands: [] });
    expect(reported(state, { succeeded: 1 })).toEqual({ state, commands: [] });
  });

  describe("flooding", () => {
    it("holds a stage back while the next one has more waiting than it may", () => {
      const plan = { concurrency: 1 };
      let { state } = fed(emptyJob(plan, plan), [tasks(0, 9_000)], { seal: true });
      const flood = Array.from({ length: 6 }, (_, at) => piece(`p${at}`, 2_000, 100 * MIB));
      const first = { succeeded: 8_000, final: true, window: 1, taskMs: 1_000_000, pieces: flood };
      let { commands } = reported(state, first);
      expect(commands.map((command) => "stage" in command && command.stage)).toEqual([1]);

      ({ state } = reported(state, first));
      const drained: Command[] = [];
      for (let chunk = 0; drained.every(({ type }) => type !== "dispatch"); chunk += 1) {
        ({ state, commands } = reported(state, {
          stage: 1,
          chunk,
          final: true,
          succeeded: state.stages[1]!.chunks[chunk]!.size,
        }));
        drained.push(...commands.filter((command) => "stage" in command && command.stage === 0));
      }
      expect(state.stages[0]!.chunks[1]).toBeDefined();
      expect(state.stages[1]!.backlog.tasks).toBeGreaterThan(0);
    });

    it("cannot wedge a job whose stages all flood the next", () => {
      const stages = Array.from({ length: 4 }, () => ({ concurrency: 3 }));
      holds(
        fc.property(decisions(200), (decide) => {
          const feeds = segmentsInOrder([{ tasks: 40 }, { tasks: 40 }]);
          new JobSimulation(stages, decide, { feeds }).run();
        }),
        20,
      );
    });
  });

  describe("a fold that chunks compute", () => {
    const fold = { stats: { path: "n" } };

    it("takes the part of each chunk's last report, before its stage ends", () => {
      const { state } = fed(emptyJob({ fold }), [tasks(0, 2)], { seal: true });
      const partial = reported(state, { succeeded: 1, running: 1 });
      expect(kinds(partial.commands)).toEqual([]);
      const end = reported(partial.state, { seq: 2, succeeded: 2, final: true, fold: { n: 2 } });
      expect(kinds(end.commands)).toEqual(["fold", "stage ended", "job ended"]);
      expect(end.commands[0]).toEqual({ type: "fold", stage: 0, part: { n: 2 } });
    });

    it.each([{ epoch: "e0" }, { generation: 2 }, { chunk: 7 }, { stage: 3 }])(
      "takes nothing from a report of %j",
      (foreign) => {
        const { state } = fed(emptyJob({ fold }), [tasks(0, 2)], { seal: true });
        const part = { succeeded: 2, final: true, fold: { n: 2 }, ...foreign };
        expect(reported(state, part)).toEqual({ state, commands: [] });
      },
    );

    it("takes the part of a repeated report once", () => {
      const { state } = fed(emptyJob({ fold }), [tasks(0, 3_000)], { seal: true });
      const report = { succeeded: 1_000, final: true, fold: { n: 1_000 } };
      const after = reported(state, report);
      expect(kinds(after.commands)).toContain("fold");
      expect(reported(after.state, report).commands).toEqual([]);
    });
  });

  describe("a user's fold", () => {
    const fold = { action: "summarize" };
    const folded = { epoch: "e1", generation: 1, stage: 0, at: 500, answer: { json: "[7]" } };
    const failure = { error: { code: "FOLD_FAILED", message: "no" } };

    it("starts when the last task has ended, and its stage waits for the answer", () => {
      const { state } = fed(emptyJob({ fold }), [tasks(0, 2)], { seal: true });
      const idle = reported(state, { at: 100, succeeded: 2, final: true });
      expect(idle.commands).toEqual([{ type: "start fold", stage: 0 }]);
      expect(idle.state).toMatchObject({ status: "RUNNING", stages: [{ status: "RUNNING" }] });
      const end = reduce(idle.state, { type: "folded", folded });
      expect(end.commands).toEqual([
        { type: "folded", stage: 0, json: "[7]" },
        { type: "stage ended", stage: 0 },
        { type: "job ended" },
      ]);
      expect(end.state).toMatchObject({ status: "SUCCEEDED", stages: [{ endedAt: 500 }] });
    });

    it("leaves the judgement to the policy", () => {
      const { state } = fed(emptyJob({ fold }), [tasks(0, 2)], { seal: true });
      const idle = reported(state, { succeeded: 1, failed: 1, final: true });
      expect(reduce(idle.state, { type: "folded", folded }).state.status).toBe("FAILED");
    });

    it("that failed makes its stage fail, whatever the policy, and keeps the error", () => {
      const job = emptyJob({ fold, policy: "best-effort" });
      const { state } = fed(job, [tasks(0, 2)], { seal: true });
      const idle = reported(state, { succeeded: 2, final: true });
      const end = reduce(idle.state, { type: "folded", folded: { ...folded, answer: failure } });
      expect(end.commands[0]).toEqual({ type: "folded", stage: 0, json: null });
      expect(end.state).toMatchObject({
        status: "FAILED",
        stages: [{ status: "FAILED", foldError: failure.error }],
      });
    });

    it("holds the next stage open, but not back", () => {
      const { state } = fed(emptyJob({ fold }, {}), [tasks(0, 1)], { seal: true });
      const pieces = [piece("p", 1)];
      const idle = reported(state, { succeeded: 1, final: true, pieces });
      expect(kinds(idle.commands)).toEqual(["start fold", "dispatch"]);
      const second = reported(idle.state, { stage: 1, succeeded: 1, final: true });
      expect(second.state.stages[1]).toMatchObject({ sealed: false, status: "RUNNING" });
      const end = reduce(second.state, { type: "folded", folded });
      expect(kinds(end.commands)).toEqual(["folded", "stage ended", "stage ended", "job ended"]);
    });

    it("folds an empty stage too", () => {
      const { state, commands } = fed(emptyJob({ fold }), [], { seal: true });
      expect(kinds(commands)).toEqual(["start fold"]);
      expect(state.stages[0]!.status).toBe("RUNNING");
    });

    it("that a stop has cut short can go through the outcomes after all", () => {
      const { state } = fed(emptyJob({ fold }), [tasks(0, 2)], { seal: true });
      const idle = reported(state, { at: 100, succeeded: 2, final: true });
      const stop = { type: "stop", at: 200, as: "CANCELLED", reason: "enough" } as const;
      const stopped = reduce(idle.state, stop);
      expect(stopped.state).toMatchObject({ status: "CANCELLED", stages: [{ folding: "cut" }] });
      expect(reduce(stopped.state, { type: "folded", folded }).commands).toEqual([]);
      const redrive = { type: "redrive", at: 900, stages: [], readsOn: false, folds: [0] } as const;
      const again = reduce(stopped.state, redrive);
      expect(again.commands).toEqual([{ type: "start fold", stage: 0 }]);
      const end = reduce(again.state, { type: "folded", folded: { ...folded, generation: 2 } });
      expect(end.state).toMatchObject({ status: "SUCCEEDED", stages: [{ folding: null }] });
    });

    it("goes again through an ended job's outcomes, in a new generation", () => {
      const { state } = fed(emptyJob({ fold }, {}), [], { seal: true });
      const failed = reduce(state, { type: "folded", folded: { ...folded, answer: failure } });
      const again = reduce(failed.state, {
        type: "redrive",
        at: 900,
        stages: [],
        readsOn: false,
        folds: [0],
      });
      expect(again.commands).toEqual([{ type: "start fold", stage: 0 }]);
      expect(again.state).toMatchObject({ status: "RUNNING", generation: 2, endedAt: null });
      expect(reduce(again.state, { type: "folded", folded }).commands).toEqual([]);
      const answer = { ...folded, generation: 2, at: 950 };
      const end = reduce(again.state, { type: "folded", folded: answer });
      expect(kinds(end.commands)).toEqual(["folded", "stage ended", "job ended"]);
      expect(end.state).toMatchObject({ status: "SUCCEEDED", endedAt: 950 });
    });
  });

  describe("collect", () => {
    it("keeps results while they are few and small", () => {
      const lines = ['[0,{"ok":true,"value":1}]', '[1,{"ok":true,"value":2}]'];
      const { state } = fed(emptyJob({ fold: "collect" }), [tasks(0, 2)], { seal: true });
      const end = reported(state, { succeeded: 2, final: true, collected: lines });
      expect(end.commands[0]).toEqual({ type: "collect", stage: 0, lines });
      expect(end.state.stages[0]!.collected).toEqual({ bytes: 50 });
    });

    it.each([
      ["more than 1,000", Array.from({ length: 1_001 }, () => "[0,1]")],
      ["more than 1 MiB", ["漢".repeat(350_000)]],
      ["not said", null],
    ])("forgets what it kept when results are %s", (_, collected) => {
      const job = emptyJob({ fold: "collect" });
      const { state } = fed(job, [tasks(0, collected?.length ?? 2)], { seal: true });
      const end = reported(state, { succeeded: 2, final: true, collected });
      expect(end.commands[0]).toEqual({ type: "collect", stage: 0, lines: null });
      expect(end.state.stages[0]!.collected).toBeNull();
    });
  });
});

// --- internal ---

const MIB = 1024 * 1024;

function segmentsInOrder(feeds: readonly Fanout[]): Segment[][] {
  let first = 0;
  let slice = 0;
  return feeds.map((fanout) => {
    const { segments, slices } = segmentsOf(fanout, first, slice);
    slice += slices.length;
    first += segments.reduce((sum, { count }) => sum + count, 0);
    return segments;
  });
}

function fed(state: JobState, segments: Segment[], { seal }: { seal: boolean }) {
  return reduce(state, { type: "feed", at: state.updatedAt, segments, slices: 0, seal });
}

function reported(state: JobState, fields: Partial<ChunkReport>) {
  return reduce(state, { type: "report", report: report(fields) });
}

function freed(state: JobState, fields: Partial<FreedChunk>) {
  const { epoch, generation, stage, chunk } = report(fields);
  return reduce(state, { type: "freed", freed: { epoch, generation, stage, chunk } });
}

function begun(state: JobState, fields: Partial<BegunChunk>) {
  const { epoch, generation, stage, chunk, invocation } = report(fields);
  const first = { epoch, generation, stage, chunk, invocation, seq: 0 };
  return reduce(state, { type: "begun", begun: first });
}

function piece(name: string, count: number, bytes = 10) {
  return { key: "a", name, count, bytes };
}

const kinds = (commands: readonly Command[]) => commands.map(({ type }) => type);

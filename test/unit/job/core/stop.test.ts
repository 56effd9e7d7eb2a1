import { describe, expect, it } from "vitest";
import type { FailurePolicy } from "../../../../services/contract/job-request.ts";
import type { StagePlan } from "../../../../services/job/core/plan.ts";
import { reduce, type JobEvent } from "../../../../services/job/core/reducer.ts";
import type { Segment } from "../../../../services/job/core/segments.ts";
import { newJob, type ChunkReport, type JobState } from "../../../../services/job/core/state.ts";
import { jobPlan } from "../../support/plans.ts";
import { report } from "../../support/reports.ts";
import { emptyJob, tasks } from "../../support/stages.ts";

const none: FailurePolicy = { tolerate: { percent: 0 } };

describe("a job that is stopped before its start", () => {
  it("starts and ends in that moment", () => {
    const scheduled = newJob(
      { ...jobPlan({}), delayMs: 60_000 },
      { epoch: "e1", hash: "h", at: 1_000 },
    );
    const { state } = fed(scheduled, { at: 1_000, count: 3 });
    expect(state).toMatchObject({ isScheduled: true, startedAt: 61_000 });
    const stopped = after(state, { type: "stop", at: 5_000, as: "CANCELLED", reason: "enough" });
    expect(stopped).toMatchObject({
      status: "CANCELLED",
      isScheduled: false,
      startedAt: 5_000,
      generationAt: 5_000,
      endedAt: 5_000,
    });
  });

  it("starts when its delay is really over", () => {
    const scheduled = newJob({ ...jobPlan({}), delayMs: 1_000 }, { epoch: "e1", hash: "h", at: 0 });
    const { state } = fed(scheduled, { at: 0, count: 3 });
    const started = after(state, { type: "start", at: 7_000 });
    expect(started).toMatchObject({ isScheduled: false, startedAt: 7_000, generationAt: 7_000 });
    expect(started.stages[0]!.startedAt).toBe(7_000);
  });
});

describe("a stage that the end of the one before it seals", () => {
  it.each([
    ["more failed than it tolerates", { policy: none }],
    ["fewer are left than must succeed", { succeedAfter: 4 }],
  ])("is stopped at once when %s, and the job with it", (_, plan) => {
    const job = fedStages({}, plan, {});
    const failed = reported(job, { stage: 1, succeeded: 1, failed: 1 });
    expect(failed.stop).toBeNull();
    const sealed = reported(failed, { succeeded: 4, final: true });
    expect(sealed.stages[1]).toMatchObject({ sealed: true, stop: { as: "FAILED" } });
    expect(sealed).toMatchObject({ stop: { as: "FAILED" }, status: "RUNNING" });
  });

  it("stops what comes after it, also when its own tasks have ended", () => {
    const job = fedStages({}, { policy: none }, {});
    const pieces = [{ key: "a", name: "q", count: 3, bytes: 9 }];
    const idle = reported(job, { stage: 1, succeeded: 3, failed: 1, final: true, pieces });
    expect(idle.stages[2]!.status).toBe("RUNNING");
    const sealed = reported(idle, { succeeded: 4, final: true });
    expect(sealed.stages[1]!.status).toBe("FAILED");
    expect(sealed.stages[2]!.stop).toMatchObject({ as: "CANCELLED" });
  });
});

describe("a chunk whose runner was killed by somebody's hand", () => {
  it.each([
    ["stop", { type: "stop", at: 2_000, as: "CANCELLED", reason: "enough" }],
    ["pause", { type: "pause", at: 2_000 }],
  ] as const)("tells the next one of a %s, once", (type, event) => {
    const { state } = fed(emptyJob({}), { at: 0, count: 4 });
    const told = reduce(reported(state, { running: 4, invocation: "first" }), event);
    expect(told.commands).toMatchObject([{ invocation: "first", directive: { type } }]);
    const next = { running: 4, invocation: "next" };
    const again = reduce(told.state, { type: "report", report: report({ ...next, seq: 1e6 }) });
    expect(again.commands).toMatchObject([{ invocation: "next", directive: { type } }]);
    const later = report({ ...next, seq: 1e6 + 1 });
    expect(reduce(again.state, { type: "report", report: later }).commands).toEqual([]);
  });
});

describe("tasks that come to a stage which has stopped", () => {
  it("are cancelled, in order, and the state stays small however many come", () => {
    const job = fedStages({}, { succeedAfter: 1 });
    let state = reported(job, { stage: 1, succeeded: 1, running: 3 });
    expect(state.stages[1]!.stop).toMatchObject({ as: "SUCCEEDED" });
    state = reported(state, { stage: 1, succeeded: 1, cancelled: 3, final: true });
    const pages: Segment[] = [];
    for (let seq = 2; seq < 1_000; seq += 1) {
      const pieces = [{ key: "a", name: `p${seq}`, count: 2, bytes: 9 }];
      const fields = { seq, succeeded: 3, running: 1, firstPiece: seq - 1, pieces };
      const step = reduce(state, { type: "report", report: report(fields) });
      for (const command of step.commands) {
        if (command.type === "spill") pages.push(...command.spilled.segments);
      }
      state = step.state;
      expect(JSON.stringify(state).length).toBeLessThan(20_000);
    }
    const { total, cancelled, dropped } = state.stages[1]!;
    expect({ total, cancelled }).toEqual({ total: 2_000, cancelled: 1_999 });
    const { head, tail } = dropped[0]!.backlog;
    const segments = [...head, ...pages, ...tail];
    expect(segments.map(({ first }) => first)).toEqual(segments.map((_, at) => 4 + 2 * at));
    expect(segments).toHaveLength(998);
  });
});

// --- internal ---

function after(state: JobState, event: JobEvent): JobState {
  return reduce(state, event).state;
}

function fed(state: JobState, { at, count }: { at: number; count: number }) {
  const segments = [tasks(0, count)];
  return reduce(state, { type: "feed", at, segments, slices: 0, seal: true });
}

function reported(state: JobState, fields: Partial<ChunkReport>): JobState {
  return after(state, { type: "report", report: report(fields) });
}

/** Stage 0 runs its four tasks, and has passed four on to stage 1, which runs them. */
function fedStages(...plans: Partial<StagePlan>[]): JobState {
  const { state } = fed(emptyJob(...plans), { at: 0, count: 4 });
  const pieces = [{ key: "a", name: "p", count: 4, bytes: 9 }];
  return reported(state, { succeeded: 3, running: 1, pieces });
}

import { describe, expect, it } from "vitest";
import { reduce } from "../../../../services/job/core/reducer.ts";
import type { JobState, StageState } from "../../../../services/job/core/state.ts";
import { blockers, jobStatus } from "../../../../services/job/core/views.ts";
import { report } from "../../support/reports.ts";
import { emptyJob, inFlight, stageWith, tasks } from "../../support/stages.ts";

describe("jobStatus", () => {
  it("shows a job that has just been fed", () => {
    const { state } = reduce(emptyJob({ action: "a", concurrency: 5 }, { action: "b" }), {
      type: "feed",
      at: 0,
      segments: [tasks(0, 10)],
      slices: 0,
      seal: true,
    });
    const none = { running: 0, retrying: 0, succeeded: 0, failed: 0, cancelled: 0 };
    expect(jobStatus("job", state)).toEqual({
      jobId: "job",
      status: "RUNNING",
      sealed: true,
      generation: 1,
      stages: [
        {
          stage: 0,
          action: "a",
          status: "RUNNING",
          sealed: true,
          percent: 0,
          ratePerSecond: 0,
          etaMs: null,
          concurrency: 5,
          counts: {
            ...none,
            total: 10,
            pending: 5,
            running: 5,
          },
        },
        {
          stage: 1,
          action: "b",
          status: "PENDING",
          sealed: false,
          percent: 0,
          ratePerSecond: 0,
          etaMs: null,
          concurrency: 100,
          counts: {
            ...none,
            total: 0,
            pending: 0,
          },
        },
      ],
      startedAt: 0,
      updatedAt: 0,
      labels: {},
    });
  });

  it("counts running and retrying tasks of all chunks, the rest as pending", () => {
    const chunks = {
      0: inFlight({ size: 10, succeeded: 1, running: 3, retrying: 2 }),
      1: inFlight({ size: 10, running: 4, retrying: 1 }),
    };
    const { counts } = statusOf({ total: 30, succeeded: 1, failed: 2, cancelled: 3, chunks });
    expect(counts).toEqual({
      total: 30,
      pending: 14,
      running: 7,
      retrying: 3,
      succeeded: 1,
      failed: 2,
      cancelled: 3,
    });
  });

  it.each([
    [{ total: 0, sealed: true }, 100],
    [{ total: 0, sealed: false }, 0],
    [{ total: 3, succeeded: 1, sealed: true }, 33],
    [{ total: 3, succeeded: 1, failed: 1, sealed: true }, 66],
    [{ total: 3, succeeded: 1, failed: 1, cancelled: 1, sealed: true }, 100],
    [{ total: 1_000_000, succeeded: 999_999, sealed: true }, 99],
    [{ total: 1_000_000_000, succeeded: 999_999_999, sealed: true }, 99],
    [{ total: 1_000, succeeded: 290, sealed: true }, 29],
  ])("floors the percentage of %j to %i", (stage, percent) => {
    expect(statusOf(stage).percent).toBe(percent);
  });

  it("shows the count as the fold of a stage that counts", () => {
    expect(statusOf({ succeeded: 5, total: 9 }, "count").fold).toBe(5);
    expect(statusOf({ succeeded: 5, total: 9 }, "none")).not.toHaveProperty("fold");
  });

  it("shows what the chunks of a stage have folded", () => {
    const job = emptyJob({ fold: { stats: { path: "n" } } }, {});
    const { stages } = jobStatus("job", job, [{ count: 3 }, undefined]);
    expect(stages[0]!.fold).toEqual({ count: 3 });
    expect(stages[1]).not.toHaveProperty("fold");
  });

  describe("rate and time left", () => {
    it("follows the pace of a stage that moves", () => {
      const stage = stageAfter([1_000, 2_000, 3_000, 4_000, 5_000], { sealed: true });
      expect(stage.ratePerSecond).toBeGreaterThan(80);
      expect(stage.ratePerSecond).toBeLessThan(120);
      expect(stage.etaMs).toBeGreaterThan(4_000);
      expect(stage.etaMs).toBeLessThan(6_500);
    });

    it("has no time left to tell before anything has ended", () => {
      expect(stageAfter([], { sealed: true }).etaMs).toBeNull();
    });

    it("has no time left to tell while more tasks may come", () => {
      const { etaMs, ratePerSecond } = stageAfter([1_000], { sealed: false });
      expect(ratePerSecond).toBeGreaterThan(0);
      expect(etaMs).toBeNull();
    });

    it("has no time left to tell when nothing has ended for ten minutes", () => {
      const { etaMs, ratePerSecond } = stageAfter([1_000], { sealed: true, beatAt: 601_000 });
      expect({ etaMs, ratePerSecond }).toEqual({ etaMs: null, ratePerSecond: 0 });
    });

    it("is still once the stage has ended", () => {
      const at = Array.from({ length: 10 }, (_, second) => (second + 1) * 1_000);
      const { status, etaMs, ratePerSecond } = stageAfter(at, { sealed: true });
      expect(status).toBe("SUCCEEDED");
      expect({ etaMs, ratePerSecond }).toEqual({ etaMs: null, ratePerSecond: 0 });
    });
  });
});

describe("blockers", () => {
  it("names what an open job waits for", () => {
    const job = jobWith({ total: 10, status: "RUNNING", sealed: false });
    expect(blockers(job, 0)).toEqual([
      { kind: "unsealed", stage: 0, message: "Stage 0 takes more tasks until it is sealed." },
      { kind: "pending", stage: 0, count: 10, message: "10 tasks wait for a free slot." },
    ]);
  });

  it("names running and retrying tasks, and the next attempt", () => {
    const chunks = {
      0: inFlight({ size: 5, running: 3, retrying: 1, nextRetryAt: 900 }),
      1: inFlight({ size: 5, running: 2, retrying: 3, nextRetryAt: 700 }),
      2: inFlight({ size: 1, running: 1 }),
    };
    expect(blockers(jobWith({ total: 10, sealed: true, chunks }), 0)).toEqual([
      { kind: "running", stage: 0, count: 6, message: "6 tasks run." },
      {
        kind: "retrying",
        stage: 0,
        count: 4,
        nextRetryAt: 700,
        message: "4 tasks wait for their next attempt.",
      },
    ]);
  });

  it("names the stage before while it may pass on more", () => {
    const job = emptyJob({}, {});
    job.stages[0] = stageWith({ sealed: true, total: 1, chunks: { 0: inFlight({ running: 1 }) } });
    expect(blockers(job, 0).map(({ kind, stage }) => [kind, stage])).toEqual([
      ["running", 0],
      ["upstream", 1],
    ]);
  });

  it("tells tasks that wait for a limiter or a rate from those that wait for a slot", () => {
    const chunks = {
      0: inFlight({ size: 10, seq: 1, running: 2, heldBy: "limiter" }),
      1: inFlight({ size: 5, seq: 1, running: 1, succeeded: 1, heldBy: "rate" }),
      2: inFlight({ size: 4, seq: 1, running: 4 }),
    };
    const job = jobWith({ total: 30, succeeded: 1, sealed: true, chunks });
    expect(blockers(job, 0)).toEqual([
      {
        kind: "limiter",
        stage: 0,
        count: 8,
        action: "work",
        message: '8 tasks wait for what action "work" allows all jobs together.',
      },
      { kind: "rate", stage: 0, count: 3, message: "3 tasks wait for their stage's rate." },
      { kind: "pending", stage: 0, count: 11, message: "11 tasks wait for a free slot." },
      { kind: "running", stage: 0, count: 7, message: "7 tasks run." },
    ]);
  });

  it("names chunks that have been silent for more than two beats", () => {
    const chunks = { 7: inFlight({ first: 40, size: 5, running: 5, seenAt: 1_000 }) };
    const job = jobWith({ total: 5, sealed: true, chunks });
    expect(blockers(job, 66_000).map(({ kind }) => kind)).toEqual(["running"]);
    expect(blockers(job, 66_001)[1]).toEqual({
      kind: "silent",
      stage: 0,
      chunk: 7,
      sinceMs: 65_001,
      message: "Chunk 7 (5 tasks from 40) has said nothing for 65 s.",
    });
  });

  it("takes no chunk for silent that waits for calls: it has nothing to say", () => {
    const chunks = { 7: inFlight({ first: 40, size: 5, running: 5, seenAt: 1_000 }) };
    const call = { kind: "remote", service: "Crm", handler: "note" } as const;
    const job = emptyJob({ call });
    job.stages[0] = stageWith({ total: 5, sealed: true, chunks });
    expect(blockers(job, 600_000).map(({ kind }) => kind)).toEqual(["running"]);
  });

  it("names the user's fold that goes through the outcomes", () => {
    const job = emptyJob({ fold: { action: "summarize" } });
    job.stages[0] = stageWith({ total: 2, succeeded: 2, sealed: true, folding: "running" });
    expect(blockers(job, 0)).toEqual([
      {
        kind: "fold",
        stage: 0,
        fold: "summarize",
        message: 'The fold "summarize" goes through the outcomes.',
      },
    ]);
  });

  it("is silent about stages that have ended", () => {
    const job = emptyJob({}, {});
    job.stages[0] = stageWith({ status: "FAILED", total: 2, failed: 2, sealed: true });
    job.stages[1] = stageWith({ sealed: true, total: 1, chunks: { 0: inFlight({ running: 1 }) } });
    expect(blockers(job, 0).map(({ kind, stage }) => [kind, stage])).toEqual([["running", 1]]);
  });

  it("finds nothing when the job has ended", () => {
    expect(blockers({ ...jobWith({ total: 5 }), status: "SUCCEEDED" }, 0)).toEqual([]);
  });

  it("always finds something while the job has not ended", () => {
    for (const sealed of [true, false]) {
      const job = jobWith({ total: 1, sealed, chunks: { 0: inFlight() } });
      expect(blockers(job, 0)).not.toEqual([]);
    }
  });
});

// --- internal ---

function jobWith(stage: Partial<StageState>, fold: "none" | "count" = "none"): JobState {
  const job = emptyJob({ fold });
  job.stages[0] = stageWith(stage);
  return job;
}

function statusOf(stage: Partial<StageState>, fold?: "none" | "count") {
  return jobStatus("job", jobWith(stage, fold)).stages[0]!;
}

/** A stage of 1,000 tasks of which 100 end at each of these times. */
function stageAfter(
  times: readonly number[],
  { sealed, beatAt }: { sealed: boolean; beatAt?: number },
) {
  const fed = {
    type: "feed",
    at: 0,
    segments: [tasks(0, 1_000)],
    slices: 0,
    seal: sealed,
  } as const;
  let { state } = reduce(emptyJob({}), fed);
  const step = (at: number, succeeded: number, seq: number) => {
    const final = succeeded === 1_000;
    ({ state } = reduce(state, { type: "report", report: report({ at, succeeded, seq, final }) }));
  };
  for (const [number, at] of times.entries()) step(at, (number + 1) * 100, number + 1);
  if (beatAt !== undefined) step(beatAt, times.length * 100, times.length + 1);
  return jobStatus("job", state).stages[0]!;
}

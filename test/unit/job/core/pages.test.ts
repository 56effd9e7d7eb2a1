import { describe, expect, it } from "vitest";
import { SOURCE } from "../../../../services/contract/task.ts";
import type { Command } from "../../../../services/job/core/command.ts";
import type { StagePlan } from "../../../../services/job/core/plan.ts";
import { reduce, type JobEvent } from "../../../../services/job/core/reducer.ts";
import { newJob, type ChunkReport, type JobState } from "../../../../services/job/core/state.ts";
import { blockers, jobStatus } from "../../../../services/job/core/views.ts";
import { jobPlan, sourcePlan } from "../../support/plans.ts";
import { report } from "../../support/reports.ts";

describe("a job with a source", () => {
  it("asks for the first page as it is submitted, and sends its tasks as it comes", () => {
    const job = submitted();
    expect(job.asked).toEqual([{ type: "read page", page: 0, chunk: 0 }]);
    job.page(0, { tasks: 30, cursor: "b" });
    expect(job.sizes).toEqual([30]);
    expect(job.asked.at(-1)).toMatchObject({ page: 1 });
    expect(job.state.stages[0]!.sealed).toBe(false);
  });

  it("keeps the cursor for the page after it", () => {
    const job = submitted();
    job.page(0, { tasks: 1, cursor: { after: [7, "x"] } });
    expect(job.commands).toContainEqual({ type: "keep cursor", cursor: '{"after":[7,"x"]}' });
  });

  it("asks for a page while fewer than two wait, and no more", () => {
    const job = submitted({ concurrency: 1 });
    for (const chunk of [0, 1, 2]) job.page(chunk, { tasks: 3_000, cursor: `${chunk}` });
    // Of the first page a chunk has taken a part.
    expect(job.sizes).toEqual([3_000]);
    expect(job.state.source).toMatchObject({ page: 3, reading: null, ahead: [6_000, 9_000] });
    job.give(report({ final: true, succeeded: 3_000, window: 1 }));
    expect(job.asked.at(-1)).toMatchObject({ page: 3 });
  });

  it("reads on at once after an empty page", () => {
    const job = submitted();
    for (const chunk of [0, 1, 2, 3]) job.page(chunk, { tasks: 0, cursor: `${chunk}` });
    expect(job.asked.map((asked) => asked.page)).toEqual([0, 1, 2, 3, 4]);
    expect(job.state.stages[0]!.total).toBe(0);
  });

  it("is sealed by the last page, and ends at once if there was none with items", () => {
    const job = submitted({}, {}, {});
    job.page(0, { tasks: 0, cursor: "b" });
    expect(jobStatus("job", job.state)).toMatchObject({ status: "RUNNING", sealed: false });
    job.page(1, { tasks: 0, cursor: null });
    expect(jobStatus("job", job.state)).toMatchObject({ status: "SUCCEEDED", sealed: true });
  });

  it("ends when the last task has, and no page is to come", () => {
    const job = submitted();
    job.page(0, { tasks: 5, cursor: null });
    expect(job.state.status).toBe("RUNNING");
    job.give(report({ final: true, succeeded: 5 }));
    expect(job.state.status).toBe("SUCCEEDED");
    expect(job.asked).toHaveLength(1);
  });

  it("that is open is sealed by whoever is last, its source or its seal", () => {
    const sealedFirst = submitted({});
    const sealedLast = submitted({});
    for (const job of [sealedFirst, sealedLast]) job.state.source!.isLast = false;
    sealedFirst.seal();
    expect(sealedFirst.state.stages[0]!.sealed).toBe(false);
    sealedFirst.page(0, { tasks: 0, cursor: null });
    expect(sealedFirst.state.status).toBe("SUCCEEDED");
    sealedLast.page(0, { tasks: 0, cursor: null });
    expect(sealedLast.state.stages[0]!.sealed).toBe(false);
    sealedLast.seal();
    expect(sealedLast.state.status).toBe("SUCCEEDED");
  });

  it("stops when a page fails for good, and says which and why", () => {
    const job = submitted({}, {}, {});
    job.page(0, { tasks: 10, cursor: "b" });
    job.fails(1, { code: "TASK_TIMEOUT", message: "too long" });
    const message = 'page 1 of "list": TASK_TIMEOUT: too long';
    expect(job.state.stop).toEqual({ as: "FAILED", reason: `FANOUT_SOURCE_FAILED: ${message}` });
    expect(job.state.source?.error).toEqual({ code: "FANOUT_SOURCE_FAILED", message });
    job.give(report({ final: true, succeeded: 4, cancelled: 6 }));
    expect(job.state).toMatchObject({
      status: "FAILED",
      reason: `FANOUT_SOURCE_FAILED: ${message}`,
      stages: [{ status: "FAILED" }, { status: "CANCELLED" }],
    });
  });

  it("stops when a page gives the cursor that it was asked with, and takes none of its items", () => {
    const job = submitted();
    job.page(0, { tasks: 1, cursor: "b" });
    job.page(1, { tasks: 1, cursor: "b" });
    expect(job.state.stop?.reason).toBe(
      'FANOUT_SOURCE_FAILED: page 1 of "list": an earlier page gave the same cursor, "b"',
    );
    expect(job.state.stages[0]!.total).toBe(1);
  });

  it("asks again for a page that nobody has started", () => {
    const job = submitted();
    job.give(pageReport(0, { returned: [] }));
    expect(job.asked.map(({ page, chunk }) => [page, chunk])).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  it.each([
    ["of another job", { epoch: "e0" }],
    ["of an earlier generation", { generation: 0 }],
    ["of a chunk that does not read", { chunk: 7 }],
  ])("takes no page from a report %s", (_, foreign) => {
    const job = submitted();
    const before = job.state;
    job.give(pageReport(0, { ...readPage(0, 3, null), ...foreign }));
    expect(job.state).toBe(before);
  });

  it("learns nothing from a report that is older than one it has seen", () => {
    const job = submitted();
    job.give(pageReport(0, { final: false, seq: 2, retries: 2 }));
    const { state } = job;
    job.give(pageReport(0, { final: false, seq: 1, retries: 1 }));
    expect(job.state).toBe(state);
  });

  it("takes a page once", () => {
    const job = submitted();
    const read = pageReport(0, readPage(0, 3, "b"));
    job.give(read);
    job.give(read);
    expect(job.state.stages[0]!.total).toBe(3);
  });

  it("waits with its end for the page that it has told to stop", () => {
    const job = submitted();
    job.give(pageReport(0, { final: false, invocation: "reader" }));
    job.reduce({ type: "stop", at: 9, as: "CANCELLED", reason: "enough" });
    const directive = { type: "stop", reason: "enough" };
    expect(job.commands.at(-1)).toEqual({ type: "direct", invocation: "reader", directive });
    expect(job.state.status).toBe("RUNNING");
    job.give(pageReport(0, { cancelled: 1 }));
    expect(job.state.status).toBe("CANCELLED");
  });

  it("does not read pages under the limits of its first stage", () => {
    const job = submitted();
    job.give(pageReport(0, { final: false, invocation: "reader" }));
    const limits = { concurrency: 1, rate: { tasks: 1, perMs: 60_000 } };
    job.reduce({ type: "limits", at: 9, stages: [0], limits });
    expect(job.commands.at(-1)).toMatchObject({
      invocation: "reader",
      directive: { type: "yield", limits: { concurrency: null, rate: null } },
    });
  });

  it("takes nothing of a page that comes after a stop", () => {
    const job = submitted();
    job.reduce({ type: "stop", at: 9, as: "CANCELLED", reason: "enough" });
    job.page(0, { tasks: 3, cursor: "b" });
    expect(job.state).toMatchObject({ status: "CANCELLED", source: { page: 0 } });
    expect(job.state.stages[0]!.total).toBe(0);
  });

  it("reads nothing while it is paused, and on when it is resumed", () => {
    const job = submitted();
    job.reduce({ type: "pause", at: 1 });
    job.page(0, { tasks: 3, cursor: "b" });
    expect([job.asked.length, job.sizes]).toEqual([1, []]);
    job.reduce({ type: "resume", at: 2 });
    expect([job.asked.length, job.sizes]).toEqual([2, [3]]);
  });

  it("reads nothing before its delay is over", () => {
    const job = submitted({}, { delayMs: 1_000 });
    expect(job.asked).toEqual([]);
    job.reduce({ type: "start", at: 1_000 });
    expect(job.asked).toHaveLength(1);
  });

  describe("that is redriven", () => {
    const failed = () => {
      const job = submitted();
      job.page(0, { tasks: 4, cursor: "b" });
      job.give(report({ final: true, succeeded: 4 }));
      job.fails(1, { code: "TASK_FAILED", message: "no" });
      expect(job.state.status).toBe("FAILED");
      return job;
    };

    it("goes on with the page that failed", () => {
      const job = failed();
      job.reduce({ type: "redrive", at: 50, stages: [], folds: [], readsOn: true });
      expect(job.asked.at(-1)).toMatchObject({ page: 1 });
      job.page(2, { tasks: 2, cursor: null });
      job.give(report({ generation: 2, chunk: 1, final: true, succeeded: 2 }));
      expect(job.state).toMatchObject({
        status: "SUCCEEDED",
        reason: null,
        source: { error: null },
      });
    });

    it("is no success without the pages that it has not read", () => {
      const job = failed();
      job.state.stages[0]!.cancelled = 1;
      job.state.stages[0]!.succeeded = 3;
      const source = { kind: "again", last: 3, status: "CANCELLED", indexes: null } as const;
      const recorded = { FAILED: [], CANCELLED: [{ first: 3, count: 1, bytes: 0, source }] };
      const stages = [{ stage: 0, recorded, dropped: [], stillDropped: [] }];
      job.reduce({ type: "redrive", at: 50, stages, folds: [], readsOn: false });
      job.give(report({ generation: 2, chunk: 1, final: true, succeeded: 1 }));
      expect(job.asked).toHaveLength(2);
      expect(job.state.status).toBe("FAILED");
      expect(job.state.reason).toBe('the source "list" was not read on from page 1');
    });
  });

  describe("says that its fan-in waits for", () => {
    it("the page that is being read", () => {
      const job = submitted();
      job.give(pageReport(0, { final: false, retries: 1, nextRetryAt: 700 }));
      expect(blockers(job.state, 0)).toEqual([
        {
          kind: "source",
          stage: 0,
          page: 0,
          since: 0,
          attempt: 2,
          nextRetryAt: 700,
          message: 'Page 0 of the source "list" waits for its next attempt.',
        },
      ]);
    });

    it("the page that it has not asked for, while others are ahead", () => {
      const job = submitted({ concurrency: 1 });
      for (const chunk of [0, 1, 2]) job.page(chunk, { tasks: 3_000, cursor: `${chunk}` });
      expect(blockers(job.state, 0)).toContainEqual({
        kind: "source",
        stage: 0,
        page: 3,
        since: null,
        message: 'Page 3 of the source "list" is not yet asked for.',
      });
    });

    it("nothing of the source, once it is at its end", () => {
      const job = submitted();
      job.page(0, { tasks: 3, cursor: null });
      expect(blockers(job.state, 0).map(({ kind }) => kind)).toEqual(["running"]);
    });
  });
});

// --- internal ---

/** A job as its events leave it, and what it has asked for. */
class SourcedJob {
  state: JobState;
  readonly commands: Command[] = [];

  constructor(state: JobState) {
    this.state = state;
  }

  get asked() {
    return this.commands.filter((command) => command.type === "read page");
  }

  /** of the chunks sent for stage 0 */
  get sizes() {
    return this.commands.flatMap((command) =>
      command.type === "dispatch" ? command.planned.size : [],
    );
  }

  reduce(event: JobEvent): void {
    const { state, commands } = reduce(this.state, event);
    this.state = state;
    this.commands.push(...commands);
  }

  give(said: ChunkReport): void {
    this.reduce({ type: "report", report: said });
  }

  /** The chunk has read its page. */
  page(chunk: number, { tasks, cursor }: { tasks: number; cursor: unknown }): void {
    const { generation } = this.state;
    this.give(pageReport(chunk, { generation, ...readPage(chunk, tasks, cursor) }));
  }

  fails(chunk: number, error: { code: string; message: string }): void {
    const collected = [JSON.stringify([0, { ok: false, error }])];
    this.give(pageReport(chunk, { failed: 1, collected }));
  }

  seal(): void {
    this.reduce({ type: "feed", at: 0, segments: [], slices: 0, seal: true });
  }
}

function submitted(stage: Partial<StagePlan> = {}, { delayMs = 0 } = {}, ...more: object[]) {
  const plan = { ...jobPlan(stage, ...more), source: sourcePlan(), delayMs };
  const job = new SourcedJob(newJob(plan, { epoch: "e1", hash: "h", at: 0 }));
  job.seal();
  return job;
}

function pageReport(chunk: number, fields: Partial<ChunkReport>): ChunkReport {
  return report({ stage: SOURCE, chunk, final: true, ...fields });
}

function readPage(chunk: number, tasks: number, cursor: unknown): Partial<ChunkReport> {
  return {
    succeeded: 1,
    pieces: tasks === 0 ? [] : [{ key: "from", name: `${chunk}`, count: tasks, bytes: tasks }],
    collected: [JSON.stringify([0, { ok: true, value: cursor }])],
  };
}

import { describe, expect, it } from "vitest";
import { isToBeListed, listedState } from "../../../../services/job/core/listed.ts";
import { reduce, type JobEvent } from "../../../../services/job/core/reducer.ts";
import type { ChunkReport, JobState } from "../../../../services/job/core/state.ts";
import { report } from "../../support/reports.ts";
import { again, emptyJob, tasks } from "../../support/stages.ts";

/** What the list hears of a job, step by step; null: nothing. */
function heard(job: JobState, events: readonly JobEvent[]): (string | null)[] {
  let state = job;
  return events.map((event) => {
    ({ state } = reduce(state, event));
    if (!isToBeListed(state)) return null;
    state.listed = { generation: state.generation, status: listedState(state) };
    return state.listed.status;
  });
}

const fed = (seal: boolean, segments = [tasks(0, 10)]): JobEvent => ({
  type: "feed",
  at: 0,
  segments,
  slices: 0,
  seal,
});
const reported = (at: number, fields: Partial<ChunkReport>): JobEvent => ({
  type: "report",
  report: report({ at, seq: at, ...fields }),
});
const ended = { succeeded: 10, final: true };

describe("the list", () => {
  it("hears once of a job that ends at once", () => {
    expect(heard(emptyJob({}), [fed(true), reported(40, ended)])).toEqual([null, "SUCCEEDED"]);
  });

  it("hears of a job that lasts with what it reports next, and of its end", () => {
    const events = [fed(true), reported(100, {}), reported(1_000, {}), reported(2_000, {})];
    expect(heard(emptyJob({}), [...events, reported(2_001, ended)])).toEqual([
      null,
      null,
      "RUNNING",
      null,
      "SUCCEEDED",
    ]);
  });

  it("hears at once of a job of which nothing would be reported", () => {
    expect(heard(emptyJob({}), [fed(false, []), fed(true, [])])).toEqual(["RUNNING", "SUCCEEDED"]);
  });

  it("hears at once of a job that is to start later, and no more of its start than of any", () => {
    const scheduled = { ...emptyJob({}), isScheduled: true };
    const events: JobEvent[] = [fed(true), { type: "start", at: 60_000 }, reported(60_040, ended)];
    expect(heard(scheduled, events)).toEqual(["SCHEDULED", null, "SUCCEEDED"]);
  });

  it("hears of each generation", () => {
    const found = { stage: 0, recorded: { FAILED: [again(3, 3)], CANCELLED: [] } };
    const stages = [{ ...found, dropped: [], stillDropped: [] }];
    const events: JobEvent[] = [
      fed(true),
      reported(50, { succeeded: 9, failed: 1, final: true }),
      { type: "redrive", at: 90_000, stages, folds: [], readsOn: false },
      reported(90_050, { generation: 2, chunk: 1, succeeded: 1, final: true }),
    ];
    expect(heard(emptyJob({}), events)).toEqual([null, "FAILED", null, "SUCCEEDED"]);
  });
});

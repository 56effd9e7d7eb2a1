import { describe, expect, it } from "vitest";
import type { Command } from "../../../../services/job/core/command.ts";
import { reduce, type JobEvent } from "../../../../services/job/core/reducer.ts";
import type { ChunkReport, JobState } from "../../../../services/job/core/state.ts";
import { blockers, jobStatus } from "../../../../services/job/core/views.ts";
import { report } from "../../support/reports.ts";
import { emptyJob, tasks } from "../../support/stages.ts";

describe("a chunk whose tasks wait for retries that are far away", () => {
  it("leaves its slots to other chunks", () => {
    const { state, commands } = allWait(running());
    expect(windowOf(state, 0)).toBe(0);
    expect(commands).toMatchObject([{ type: "dispatch", planned: { window: 4 } }]);
  });

  it("shows them as retrying, and the tasks of others as running", () => {
    const { state } = allWait(running());
    const { counts } = jobStatus("job", state).stages[0]!;
    expect(counts).toMatchObject({ retrying: 8_000, running: 4, pending: 996 });
    const found = blockers(state, 2_000);
    expect(found.map(({ kind }) => kind)).toEqual(["pending", "running", "retrying"]);
    expect(found.at(-1)).toMatchObject({ count: 8_000, nextRetryAt: 90_000 });
  });

  it("gets the slots that it wants before new chunks do, and is told how many it has had", () => {
    const waiting = allWait(running(29_000)).state;
    const ended = { chunk: 1, final: true, succeeded: waiting.stages[0]!.chunks[1]!.size };
    const asked = reported(waiting, { ...FAR, seq: 2, wants: 7 });
    expect(asked.commands).toEqual([]);
    const { state, commands } = reported(asked.state, ended);
    expect(commands).toMatchObject([
      { type: "direct", invocation: "inv", directive: { type: "yield", granted: 7 } },
      { type: "dispatch", planned: { window: 1 } },
    ]);
    expect(windowOf(state, 0)).toBe(3);
  });

  it("gets as many as there are, and the others when they are free", () => {
    const waiting = allWait(running(8_008)).state;
    const asked = reported(waiting, { ...FAR, seq: 2, wants: 8 }).state;
    const half = reported(asked, { chunk: 1, succeeded: 4, running: 2, released: 2 });
    expect(grantsIn(half.commands)).toEqual([6]);
    const all = reported(half.state, { chunk: 1, final: true, succeeded: 8 });
    expect(grantsIn(all.commands)).toEqual([8]);
    expect(windowOf(all.state, 0)).toBe(4);
  });

  it("is given nothing twice when what it wants crosses what it gets", () => {
    const asked = reported(alone(), { ...FAR, seq: 2, wants: 6 });
    expect(grantsIn(asked.commands)).toEqual([6]);
    const crossing = reported(asked.state, { ...FAR, seq: 3, wants: 6 });
    expect(crossing.commands).toEqual([]);
    expect(windowOf(crossing.state, 0)).toBe(2);
    const more = reported(crossing.state, { ...FAR, seq: 4, wants: 7 });
    expect(grantsIn(more.commands)).toEqual([7]);
  });

  it("loses nothing that it was given to a report from before that", () => {
    const granted = reported(alone(), { ...FAR, seq: 2, wants: 6 }).state;
    const before = reported(granted, { ...FAR, seq: 3 }).state;
    expect(windowOf(before, 0)).toBe(2);
    const back = reported(before, { ...FAR, seq: 4, released: 5, running: 1 }).state;
    expect(windowOf(back, 0)).toBe(1);
  });

  it("gets none while the job is paused or its stage is stopped", () => {
    const paused = after(alone(), { type: "pause", at: 5 }).state;
    const asked = reported(paused, { ...FAR, seq: 2, wants: 6 });
    expect(asked.commands).toEqual([]);
    const resumed = after(asked.state, { type: "resume", at: 6 });
    expect(resumed.commands.at(-1)).toMatchObject({ directive: { type: "yield", granted: 6 } });
    const stopped = after(alone(), { type: "stop", at: 5, as: "CANCELLED", reason: "enough" });
    expect(reported(stopped.state, { ...FAR, seq: 2, wants: 6 }).commands).toEqual([]);
  });

  it("gets none beyond a concurrency that was lowered, and those that it was raised by", () => {
    const waiting = allWait(running(8_008)).state;
    const lowered = after(waiting, {
      type: "limits",
      at: 5,
      stages: [0],
      limits: { concurrency: 3 },
    });
    const asked = reported(lowered.state, { ...FAR, seq: 2, wants: 8 });
    const one = reported(asked.state, { chunk: 1, succeeded: 6, running: 2, released: 2 });
    expect(grantsIn(one.commands).at(-1)).toBe(5);
    const raised = after(one.state, {
      type: "limits",
      at: 6,
      stages: [0],
      limits: { concurrency: 9 },
    });
    expect(grantsIn(raised.commands).at(-1)).toBe(8);
  });

  it("gets none once its tasks have ended", () => {
    const asked = reported(running(), { seq: 1, running: 4, retrying: 7_996, wants: 8_000 }).state;
    const freed = { epoch: "e1", generation: 1, stage: 0, chunk: 0 };
    const { state, commands } = after(asked, { type: "freed", freed });
    expect(grantsIn(commands)).toEqual([]);
    expect(windowOf(state, 0)).toBe(0);
  });
});

describe("a runner that takes a chunk up from a killed one", () => {
  it("is told the slots that the job believes the chunk to have, be the last grant lost or not", () => {
    const granted = reported(alone(), { ...FAR, seq: 2, wants: 6 }).state;
    const other = { seq: 1_000_001, invocation: "other" };
    const { state, commands } = reported(granted, other);
    expect(commands).toMatchObject([{ invocation: "other", directive: { granted: 2 } }]);
    expect(windowOf(state, 0)).toBe(2);
    const wanting = reported(state, { seq: 1_000_002, invocation: "other", wants: 3 });
    expect(grantsIn(wanting.commands)).toEqual([3]);
  });

  it("is told as it begins if the one before was never heard of", () => {
    const { commands } = takenUp();
    expect(commands).toMatchObject([{ invocation: "other", directive: { granted: 4 } }]);
  });

  it("keeps what it was told it may use when a report of the one before comes late", () => {
    const { state } = takenUp();
    const late = reported(state, { ...FAR, seq: 7, invocation: "killed" });
    expect(late.state).toEqual(state);
    expect(late.commands).toEqual([]);
  });
});

// --- internal ---

/** All tasks of the first chunk wait. */
const FAR = { retrying: 8_000, running: 0, released: 4, nextRetryAt: 90_000 };

const after = (state: JobState, event: JobEvent) => reduce(state, event);

const reported = (state: JobState, fields: Partial<ChunkReport>) =>
  after(state, { type: "report", report: report(fields) });

function fed(count: number) {
  const segments = [tasks(0, count)];
  const job = emptyJob({ concurrency: 4 });
  return after(job, { type: "feed", at: 0, segments, slices: 0, seal: true });
}

/** Its first chunk of 8,000 tasks has all four slots. */
const running = (count = 9_000): JobState => fed(count).state;

/** The runner that takes the first chunk up is the first of which the job hears. */
function takenUp() {
  const chunk = { epoch: "e1", generation: 1, stage: 0, chunk: 0 };
  const begun = { ...chunk, invocation: "other", seq: 1_000_000 };
  return after(fed(8_000).state, { type: "begun", begun });
}

const allWait = (state: JobState) => reported(state, FAR);

/** It is all there is. */
const alone = () => allWait(fed(8_000).state).state;

const windowOf = ({ stages }: JobState, chunk: number) => stages[0]!.chunks[chunk]!.window;

/** The totals that chunks are told. */
const grantsIn = (commands: readonly Command[]) =>
  commands.flatMap((command) =>
    command.type === "direct" && command.directive.type === "yield"
      ? command.directive.granted
      : [],
  );

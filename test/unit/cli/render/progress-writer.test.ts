import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { progressWriter } from "../../../../clients/cli/render/progress-writer.ts";
import { renderStatus } from "../../../../clients/cli/render/progress.ts";
import { plain } from "../../../../clients/cli/render/line.ts";
import type { JobState, JobStatus } from "../../../../services/contract/job-status.ts";

function status(percent: number, sealed = true): JobStatus {
  const counts = { pending: 0, running: 0, retrying: 0, failed: 0, cancelled: 0 };
  return {
    jobId: "a",
    status: "RUNNING",
    sealed,
    generation: 1,
    stages: [
      {
        stage: 0,
        action: "probe",
        status: "RUNNING",
        sealed,
        counts: { ...counts, total: 100, succeeded: percent },
        percent,
        ratePerSecond: 0,
        etaMs: null,
        concurrency: 1,
      },
    ],
    startedAt: 0,
    updatedAt: 1_000,
    labels: {},
  };
}

const picture = (percent: number) => `${renderStatus(status(percent), 59).map(plain).join("\n")}\n`;

let written: string[];
const write = (text: string) => written.push(text) > 0;

const elsewhere = () => Object.assign(new PassThrough(), { write });
const terminal = (colours = false) =>
  Object.assign(elsewhere(), { isTTY: true, columns: 60, getColorDepth: () => (colours ? 4 : 1) });

beforeEach(() => {
  written = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("progressWriter on a terminal", () => {
  it("draws over what it drew before", () => {
    const writer = progressWriter(terminal());
    writer.show(status(1));
    vi.advanceTimersByTime(100);
    writer.show(status(2));
    expect(written[0]).toBe(`\r\u001b[J${picture(1)}`);
    expect(written[1]).toBe(`\u001b[2A\r\u001b[J${picture(2)}`);
  });

  it("uses colours where there are any", () => {
    progressWriter(terminal(true)).show(status(50));
    expect(written[0]).toContain("\u001b[32m=====\u001b");
  });

  it("draws at most 10 times a second, the last status in any case", () => {
    const writer = progressWriter(terminal());
    for (let percent = 0; percent < 100; percent += 1) {
      writer.show(status(percent));
      vi.advanceTimersByTime(10);
    }
    expect(written).toHaveLength(10);
    writer.end();
    expect(written.at(-1)).toContain("99 of 100");
  });
});

describe("progressWriter elsewhere", () => {
  it("says when the job is paused and goes on, not when it has ended", () => {
    const writer = progressWriter(elsewhere());
    const states: JobState[] = ["RUNNING", "PAUSED", "PAUSED", "RUNNING", "CANCELLED"];
    for (const state of states) writer.show({ ...status(1), status: state });
    expect(written).toEqual(["a PAUSED\n", "a RUNNING\n"]);
  });

  it("begins anew with a stage whose tasks run again", () => {
    const writer = progressWriter(elsewhere());
    for (const percent of [100, 90, 100]) writer.show(status(percent));
    expect(written.map((line) => line.split(",")[0]?.trim())).toEqual([
      "probe 100 %  100 of 100",
      "probe 100 %  100 of 100",
    ]);
  });

  it("writes one plain line for each 10 %", () => {
    const writer = progressWriter(elsewhere());
    for (const percent of [0, 5, 12, 14, 19, 45, 99, 100, 100]) writer.show(status(percent));
    writer.end();
    expect(written.map((line) => line.trim())).toEqual([
      "probe 12 %  12 of 100",
      "probe 45 %  45 of 100",
      "probe 99 %  99 of 100",
      "probe 100 %  100 of 100",
    ]);
  });

  it("is silent about a stage that may still grow", () => {
    progressWriter(elsewhere()).show(status(80, false));
    expect(written).toEqual([]);
  });
});

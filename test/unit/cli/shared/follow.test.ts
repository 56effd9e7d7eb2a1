import { describe, expect, it } from "vitest";
import { endSentences, exitCodeOf } from "../../../../clients/cli/shared/follow.ts";
import type { JobOutcome } from "../../../../services/contract/job-outcome.ts";

function ended(
  status: JobOutcome["status"],
  counts: Partial<JobOutcome["taskCounts"]>,
): JobOutcome {
  return {
    jobId: "nightly",
    status,
    generation: 1,
    taskCounts: { total: 1_000, SUCCEEDED: 1_000, FAILED: 0, CANCELLED: 0, ...counts },
    stages: [],
    result: null,
    resultsUri: "",
    startedAt: 0,
    completedAt: 1_500,
    tookMs: 1_500,
    receipt: { taskMs: 0, wallMs: 0, speedup: 0, retries: 0 },
    request: {},
  };
}

describe("the end of a job that was waited for", () => {
  it.each([
    ["SUCCEEDED", {}, 0],
    ["SUCCEEDED", { FAILED: 1 }, 2],
    ["SUCCEEDED", { CANCELLED: 1 }, 0],
    ["FAILED", {}, 2],
    ["CANCELLED", { CANCELLED: 1 }, 2],
  ] as const)("as %s with %j makes the exit code %s", (status, counts, code) => {
    expect(exitCodeOf(ended(status, counts))).toBe(code);
  });

  it("is told in a sentence, and what to do about failures", () => {
    const outcome = ended("FAILED", { SUCCEEDED: 998, FAILED: 2 });
    expect(endSentences({ ...outcome, reason: "too many failed" })).toEqual([
      "Job nightly FAILED (too many failed) in 1.5 s: 998 of 1,000 tasks succeeded, 2 failed, 0 cancelled",
      "fanfold failures nightly says why, fanfold redrive nightly runs them again.",
    ]);
  });
});

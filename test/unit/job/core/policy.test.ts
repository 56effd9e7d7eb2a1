import { describe, expect, it } from "vitest";
import type { FailurePolicy } from "../../../../services/contract/job-request.ts";
import { decisiveOutcomes, judgeEarly, judgeStage } from "../../../../services/job/core/policy.ts";
import { stagePlan } from "../../support/plans.ts";
import { stageWith } from "../../support/stages.ts";

const stop2: FailurePolicy = { tolerate: { count: 2 } };
const finish2: FailurePolicy = { tolerate: { count: 2 }, onExceeded: "finish" };
const percent10: FailurePolicy = { tolerate: { percent: 10 } };
const both: FailurePolicy = { tolerate: { count: 5, percent: 10 } };

describe("judgeStage", () => {
  it.each([
    ["complete-all", { total: 0 }, "SUCCEEDED"],
    ["complete-all", { total: 3, succeeded: 3 }, "SUCCEEDED"],
    ["complete-all", { total: 3, succeeded: 2, failed: 1 }, "FAILED"],
    ["complete-all", { total: 3, succeeded: 2, cancelled: 1 }, "FAILED"],
    ["best-effort", { total: 0 }, "SUCCEEDED"],
    ["best-effort", { total: 3, succeeded: 3 }, "SUCCEEDED"],
    ["best-effort", { total: 3, succeeded: 1, failed: 2 }, "SUCCEEDED"],
    ["best-effort", { total: 3, failed: 3 }, "FAILED"],
    ["all-or-nothing", { total: 3, succeeded: 3 }, "SUCCEEDED"],
    ["all-or-nothing", { total: 3, succeeded: 2, cancelled: 1 }, "FAILED"],
    [stop2, { total: 9, succeeded: 7, failed: 2 }, "SUCCEEDED"],
    [finish2, { total: 9, succeeded: 6, failed: 3 }, "FAILED"],
    [percent10, { total: 0 }, "SUCCEEDED"],
    [percent10, { total: 20, succeeded: 18, failed: 2 }, "SUCCEEDED"],
    [percent10, { total: 20, succeeded: 17, failed: 3 }, "FAILED"],
    [both, { total: 100, succeeded: 94, failed: 6 }, "FAILED"],
    [both, { total: 20, succeeded: 17, failed: 3 }, "FAILED"],
  ] as const)("judges %j with %j as %s", (policy, counts, status) => {
    const stage = stageWith({ ...counts, sealed: true });
    expect(judgeStage(stage, stagePlan({ policy })).as).toBe(status);
  });

  it.each([
    [{ total: 5, succeeded: 2 }, "SUCCEEDED"],
    [{ total: 5, succeeded: 3 }, "SUCCEEDED"],
    [{ total: 5, succeeded: 1, failed: 4 }, "FAILED"],
    [{ total: 0 }, "FAILED"],
  ] as const)("judges %j as %s where two must succeed", (counts, status) => {
    const stage = stageWith({ ...counts, sealed: true });
    expect(judgeStage(stage, stagePlan({ succeedAfter: 2 })).as).toBe(status);
  });

  it("says how many failed", () => {
    const stage = stageWith({ total: 3, succeeded: 1, failed: 2, sealed: true });
    expect(judgeStage(stage, stagePlan()).reason).toBe('2 of 3 tasks of "work" failed');
  });
});

describe("judgeEarly", () => {
  it.each([
    ["complete-all", { failed: 9 }, undefined],
    ["best-effort", { failed: 9 }, undefined],
    ["all-or-nothing", { succeeded: 9 }, undefined],
    ["all-or-nothing", { failed: 1 }, "FAILED"],
    ["all-or-nothing", { cancelled: 1 }, undefined],
    [stop2, { failed: 2 }, undefined],
    [stop2, { failed: 3 }, "FAILED"],
    [finish2, { failed: 3 }, undefined],
    [percent10, { failed: 1, total: 10 }, undefined],
    [percent10, { failed: 2, total: 10 }, undefined],
    [percent10, { failed: 2, total: 10, sealed: true }, "FAILED"],
  ] as const)("lets %j with %j end early as %s", (policy, counts, status) => {
    const stage = stageWith({ total: 100, ...counts });
    expect(judgeEarly(stage, stagePlan({ policy }))?.as).toBe(status);
  });

  it.each([
    [{ total: 9, succeeded: 1 }, undefined],
    [{ total: 9, succeeded: 2 }, "SUCCEEDED"],
    [{ total: 9, failed: 8 }, undefined],
    [{ total: 9, failed: 7, sealed: true }, undefined],
    [{ total: 9, failed: 8, sealed: true }, "FAILED"],
    [{ total: 1, sealed: true }, "FAILED"],
  ] as const)("lets %j end early as %s where two must succeed", (counts, status) => {
    expect(judgeEarly(stageWith(counts), stagePlan({ succeedAfter: 2 }))?.as).toBe(status);
  });
});

describe("decisiveOutcomes", () => {
  it.each([
    ["complete-all", { total: 9 }, null],
    ["best-effort", { total: 9 }, null],
    ["all-or-nothing", { total: 9 }, 1],
    [stop2, { total: 9 }, 3],
    [stop2, { total: 9, failed: 2 }, 1],
    [finish2, { total: 9 }, null],
    [percent10, { total: 20 }, null],
    [percent10, { total: 20, sealed: true }, 3],
    [percent10, { total: 19, failed: 1, sealed: true }, 1],
    [both, { total: 20, sealed: true }, 3],
    [both, { total: 100, sealed: true }, 6],
  ] as const)("of %j with %j are %j failed ones", (policy, counts, failed) => {
    const stage = stageWith(counts);
    expect(decisiveOutcomes(stage, stagePlan({ policy }))).toEqual({ succeeded: null, failed });
  });

  it.each([
    [{ total: 9 }, { succeeded: 4, failed: null }],
    [
      { total: 9, succeeded: 1, failed: 2 },
      { succeeded: 3, failed: null },
    ],
    [
      { total: 9, succeeded: 1, failed: 2, sealed: true },
      { succeeded: 3, failed: 4 },
    ],
  ])("of a quorum of four with %j are %j", (counts, decisive) => {
    expect(decisiveOutcomes(stageWith(counts), stagePlan({ succeedAfter: 4 }))).toEqual(decisive);
  });
});

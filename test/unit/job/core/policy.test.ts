import { describe, expect, it } from "vitest";
import { judgeJob, judgeStage } from "../../../../services/job/core/policy.ts";
import { stageWith } from "../../support/stages.ts";

describe("judgeStage", () => {
  it.each([
    ["complete-all", { total: 0, succeeded: 0 }, "SUCCEEDED"],
    ["complete-all", { total: 3, succeeded: 3 }, "SUCCEEDED"],
    ["complete-all", { total: 3, succeeded: 2 }, "FAILED"],
    ["complete-all", { total: 3, succeeded: 0 }, "FAILED"],
    ["best-effort", { total: 0, succeeded: 0 }, "SUCCEEDED"],
    ["best-effort", { total: 3, succeeded: 3 }, "SUCCEEDED"],
    ["best-effort", { total: 3, succeeded: 1 }, "SUCCEEDED"],
    ["best-effort", { total: 3, succeeded: 0 }, "FAILED"],
  ] as const)("judges %s with %j as %s", (policy, counts, status) => {
    expect(judgeStage(stageWith(counts), policy)).toBe(status);
  });
});

describe("judgeJob", () => {
  it.each([
    [["SUCCEEDED"], "SUCCEEDED"],
    [["SUCCEEDED", "SUCCEEDED"], "SUCCEEDED"],
    [["FAILED", "SUCCEEDED"], "FAILED"],
    [["SUCCEEDED", "FAILED"], "FAILED"],
  ] as const)("judges stages that ended %j as %s", (statuses, expected) => {
    expect(judgeJob(statuses.map((status) => stageWith({ status })))).toBe(expected);
  });
});

import { describe, expect, it } from "vitest";
import {
  JobId,
  JobRequest,
  NewJobRequest,
  RunRequest,
} from "../../../services/contract/job-request.ts";

const smallest = { action: "send_emails", fanout: { tasks: 1 } };
const chain = (stages: number) => Array.from({ length: stages }, (_, at) => `stage_${at}`);
const labels = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`label${at}`, "x"]));

const everything = {
  action: "prepare_recipients",
  payload: { campaign: 99, nested: { anything: [null, true] } },
  fanout: { range: { as: "page", start: 1, stop: 100, step: 1 } },
  nextActions: ["send_emails", { action: "Crm/note", payload: {}, timeout: "10s", fold: "none" }],
  open: true,
  sealBy: "24h",
  sealPolicy: "fail",
  limits: { concurrency: 100, rate: { tasks: 50, per: "1s" } },
  retry: {
    maxAttempts: 3,
    initialInterval: "200ms",
    maxInterval: "10s",
    factor: 2,
    jitter: true,
  },
  timeout: "15m",
  cancelGrace: "10s",
  deadline: null,
  failurePolicy: { tolerate: { count: 3, percent: 0.5 }, onExceeded: "finish" },
  succeedAfter: null,
  fold: { topK: { path: "score", k: 10 } },
  delay: "0s",
  onComplete: [{ webhook: "https://example.com/hook" }, { action: "notify" }],
  retention: "24h",
  labels: labels(16),
};

describe("JobRequest", () => {
  it.each([
    ["the smallest", smallest],
    ["every field", everything],
    ["a chain", { actionChain: ["a", { action: "b" }], fanout: { tasks: 1 } }],
    ["an open job without a fan-out", { action: "a", open: true }],
    ["16 stages by nextActions", { ...smallest, nextActions: chain(15) }],
    ["16 stages by actionChain", { actionChain: chain(16), fanout: { tasks: 1 } }],
    ["no next actions", { ...smallest, nextActions: [] }],
    ["a remote action", { ...smallest, action: "Crm/note" }],
    ["the longest timeout", { ...smallest, timeout: "365d" }],
    ["the shortest timeout", { ...smallest, timeout: 1 }],
    ["no rate", { ...smallest, limits: { rate: null } }],
    ...["complete-all", "best-effort", "all-or-nothing", { tolerate: { percent: 100 } }].map(
      (failurePolicy) => [
        `policy ${JSON.stringify(failurePolicy)}`,
        { ...smallest, failurePolicy },
      ],
    ),
    ...[
      "collect",
      "none",
      "count",
      { action: "summarize" },
      { stats: { path: "a.b" } },
      { groupBy: { path: "a" } },
    ].map((fold) => [`fold ${JSON.stringify(fold)}`, { ...smallest, fold }]),
  ] as [string, object][])("accepts %s", (_, request) => {
    expect(JobRequest.parse(request)).toEqual(request);
  });

  it.each([
    ["no action", { fanout: { tasks: 1 } }, "action: is required"],
    ["no fan-out", { action: "a" }, "fanout: is required unless the job is open"],
    ["no fan-out, closed", { action: "a", open: false }, "fanout: is required"],
    ["both chain forms", { ...smallest, actionChain: ["a"] }, "actionChain: must not stand beside"],
    [
      "a chain beside next actions",
      { actionChain: ["a"], nextActions: [], fanout: { tasks: 1 } },
      "actionChain: must not stand beside",
    ],
    ["an empty chain", { actionChain: [], fanout: { tasks: 1 } }, "actionChain: "],
    [
      "17 stages",
      { ...smallest, nextActions: chain(16) },
      "nextActions: makes more than 16 stages",
    ],
    [
      "17 stages in a chain",
      { actionChain: chain(17), fanout: { tasks: 1 } },
      "actionChain: makes more than 16 stages",
    ],
    ["an unknown key", { ...smallest, concurency: 5 }, 'Unrecognized key: "concurency"'],
    ["a job id in the body", { ...smallest, jobId: "a" }, 'Unrecognized key: "jobId"'],
    [
      "an unknown key of limits",
      { ...smallest, limits: { concurency: 5 } },
      'limits: Unrecognized key: "concurency"',
    ],
    ["an unknown key of retry", { ...smallest, retry: { max: 5 } }, "retry: Unrecognized key"],
    ["an unknown key of a stage", { ...smallest, nextActions: [{ action: "a", open: true }] }, ""],
    ["a stage without action", { ...smallest, nextActions: [{ payload: {} }] }, "nextActions.0: "],
    ["a stage that is a number", { ...smallest, nextActions: [7] }, "must be an action's name"],
    ["a range with step 0", { ...smallest, fanout: { range: { start: 1, stop: 2, step: 0 } } }, ""],
    ["batch 0", { ...smallest, fanout: { foreach: { items: [], batch: 0 } } }, "batch"],
    ["batch 1,001", { ...smallest, fanout: { foreach: { items: [], batch: 1_001 } } }, "batch"],
    ["a payload that is a list", { ...smallest, payload: [1] }, "payload: "],
    ["a payload that is a text", { ...smallest, payload: "{}" }, "payload: "],
    ["concurrency 0", { ...smallest, limits: { concurrency: 0 } }, "limits.concurrency: "],
    ["concurrency 100,001", { ...smallest, limits: { concurrency: 100_001 } }, "limits.concurr"],
    ["concurrency 1.5", { ...smallest, limits: { concurrency: 1.5 } }, "limits.concurrency: "],
    [
      "a rate in no time",
      { ...smallest, limits: { rate: { tasks: 1, per: "0ms" } } },
      "limits.rate.per",
    ],
    ["a rate of 0", { ...smallest, limits: { rate: { tasks: 0, per: "1s" } } }, "limits.rate"],
    ["0 attempts", { ...smallest, retry: { maxAttempts: 0 } }, "retry.maxAttempts: "],
    ["1,001 attempts", { ...smallest, retry: { maxAttempts: 1_001 } }, "retry.maxAttempts: "],
    ["a shrinking backoff", { ...smallest, retry: { factor: 0.5 } }, "retry.factor: "],
    ["no timeout", { ...smallest, timeout: "0s" }, "timeout: must be at least 1ms"],
    [
      "a timeout in a stage above a year",
      { ...smallest, nextActions: [{ action: "a", timeout: "366d" }] },
      "",
    ],
    ["a retention above a year", { ...smallest, retention: "366d" }, "retention: must be at most"],
    ["another policy", { ...smallest, failurePolicy: "fail-fast" }, 'failurePolicy: must be "comp'],
    ["an empty tolerance", { ...smallest, failurePolicy: { tolerate: {} } }, "failurePolicy"],
    ["101 %", { ...smallest, failurePolicy: { tolerate: { percent: 101 } } }, "failurePolicy"],
    ["succeedAfter 0", { ...smallest, succeedAfter: 0 }, "succeedAfter: "],
    ["another fold", { ...smallest, fold: "sum" }, 'fold: must be "collect"'],
    [
      "two folds",
      { ...smallest, fold: { stats: { path: "a" }, groupBy: { path: "a" } } },
      "fold: ",
    ],
    ["k 0", { ...smallest, fold: { topK: { path: "a", k: 0 } } }, "fold"],
    [
      "a webhook that is no URL",
      { ...smallest, onComplete: [{ webhook: "nowhere" }] },
      "onComplete",
    ],
    [
      "a webhook of 2,049 characters",
      { ...smallest, onComplete: [{ webhook: `https://x.y/${"x".repeat(2_037)}` }] },
      "onComplete.0.webhook: Too big",
    ],
    [
      "a receiver of two kinds",
      { ...smallest, onComplete: [{ webhook: "https://x.y/", action: "a" }] },
      "onComplete.0: must be { webhook } or { action }",
    ],
    [
      "9 receivers",
      { ...smallest, onComplete: Array.from({ length: 9 }, () => ({ action: "a" })) },
      "onComplete: must be at most 8 receivers",
    ],
    ["17 labels", { ...smallest, labels: labels(17) }, "labels: must be at most 16"],
    ["a label that is a number", { ...smallest, labels: { a: 1 } }, "labels.a: "],
    ["a label without a name", { ...smallest, labels: { "": "x" } }, "labels."],
    ["a label of 257 characters", { ...smallest, labels: { a: "x".repeat(257) } }, "labels.a: "],
    ["sealBy of a closed job", { ...smallest, sealBy: "1h" }, "sealBy: is for open jobs only"],
    ["sealPolicy of a closed job", { ...smallest, sealPolicy: "seal" }, "sealBy: is for open jobs"],
    ["null", null, "expected object"],
    ["a list", [smallest], "expected object"],
    ["a text", "send_emails", "expected object"],
  ] as [string, unknown, string][])("refuses %s", (_, request, message) => {
    expect(issuesOf(request)).toContain(message);
    expect(issuesOf(request)).not.toBe("");
  });

  it.each([
    "",
    "1a",
    "_a",
    "a b",
    "a/",
    "/a",
    "a/b/c",
    "a/b.c",
    "a".repeat(65),
    "ä",
    "a\n",
    7,
    null,
  ])("refuses the action name %j", (action) => {
    expect(issuesOf({ ...smallest, action })).toContain("action: ");
  });
});

describe("JobId", () => {
  it.each(["a", "0", "campaign-99", "a.b_c:d-E", ".", "x".repeat(128)])("accepts %j", (id) => {
    expect(JobId.parse(id)).toBe(id);
  });

  it.each(["", "a/b", "a b", "ä", "a\n", "a%20", "x".repeat(129), 7, null])("refuses %j", (id) => {
    expect(JobId.safeParse(id).success).toBe(false);
  });
});

describe("NewJobRequest", () => {
  it("may name its job", () => {
    expect(NewJobRequest.parse({ ...smallest, jobId: "a" })).toEqual({ ...smallest, jobId: "a" });
  });

  it.each([
    { ...smallest, jobId: "a/b" },
    { jobId: "a", fanout: { tasks: 1 } },
    { ...smallest, wait: "1s" },
  ])("refuses %j", (request) => {
    expect(NewJobRequest.safeParse(request).success).toBe(false);
  });
});

describe("RunRequest", () => {
  it("may say how long it waits", () => {
    expect(RunRequest.safeParse({ ...smallest, jobId: "a", wait: "10m" }).success).toBe(true);
  });

  it("refuses to wait longer than 10 minutes", () => {
    const { error } = RunRequest.safeParse({ ...smallest, wait: "11m" });
    expect(error?.issues[0]?.message).toBe("must be at most 10m");
  });
});

// --- internal ---

function issuesOf(request: unknown): string {
  const { error } = JobRequest.safeParse(request);
  return (error?.issues ?? [])
    .map(({ path, message }) => `${path.join(".")}: ${message}`)
    .join("; ");
}

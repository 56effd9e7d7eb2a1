import { describe, expect, it } from "vitest";
import {
  demoProblems,
  demoReport,
  stagesOverlap,
  type DemoResult,
} from "../../../../clients/cli/demo/report.ts";
import type { JobStatus } from "../../../../services/contract/job-status.ts";
import type { TaskOutcome } from "../../../../services/contract/task.ts";

const size = { pages: 5, perPage: 20 };
const ended = { FAILED: 0, CANCELLED: 0 };

const good: DemoResult = {
  size,
  overlap: null,
  failures: [],
  received: { mails: 100, recipients: 100 },
  outcome: {
    jobId: "campaign-99",
    status: "SUCCEEDED",
    generation: 1,
    taskCounts: { total: 105, SUCCEEDED: 105, ...ended },
    stages: [
      {
        stage: 0,
        action: "prepare_recipients",
        status: "SUCCEEDED",
        taskCounts: { total: 5, SUCCEEDED: 5, ...ended },
        tookMs: 400,
        result: null,
      },
      {
        stage: 1,
        action: "send_emails",
        status: "SUCCEEDED",
        taskCounts: { total: 100, SUCCEEDED: 100, ...ended },
        tookMs: 500,
        result: null,
      },
    ],
    result: null,
    resultsUri: "",
    startedAt: 0,
    completedAt: 800,
    tookMs: 800,
    receipt: { taskMs: 12_345, wallMs: 800, speedup: 15.43, retries: 0 },
    request: {},
  },
};

function status(first: [succeeded: number, total: number], second: [succeeded: number]) {
  const none = { pending: 0, running: 0, retrying: 0, failed: 0, cancelled: 0 };
  const stages = [
    { action: "prepare_recipients", counts: { ...none, succeeded: first[0], total: first[1] } },
    { action: "send_emails", counts: { ...none, succeeded: second[0], total: 100 } },
  ];
  return { stages } as JobStatus;
}

describe("demoReport", () => {
  it("tells what ran and what it proves", () => {
    const overlap = status([2, 5], [10]);
    expect(demoReport({ ...good, overlap }).join("\n")).toMatchInlineSnapshot(`
      "Job campaign-99 SUCCEEDED in 0.8 s: 105 of 105 tasks succeeded, 0 failed, 0 cancelled
        prepare_recipients  SUCCEEDED, 5 of 5, took 0.4 s
        send_emails         SUCCEEDED, 100 of 100, took 0.5 s
      Receipt: 12.3 s of tasks in 0.8 s, 15.4 times as fast as one after another, 0 retries
      Mails: 100 received by the SMTP server, 100 distinct recipients
      Stages: send_emails had begun when prepare_recipients was at 2 of 5"
    `);
  });

  it("says that no overlap was seen", () => {
    expect(demoReport(good).at(-1)).toContain("never seen moving");
  });
});

describe("demoProblems", () => {
  it("finds none when every recipient got one mail", () => {
    expect(demoProblems(good)).toEqual([]);
  });

  it("names what is wrong", () => {
    const received = { mails: 101, recipients: 99 };
    const outcome = { ...good.outcome, status: "FAILED" } as const;
    const error = { code: "MAIL_REFUSED", message: "550 No such user" };
    const failures = [{ taskId: "campaign-99/1/7", error } as TaskOutcome];
    expect(demoProblems({ ...good, received, outcome, failures })).toEqual([
      "job: FAILED, expected SUCCEEDED",
      "mails received: 101, expected 100",
      "distinct recipients: 99, expected 100",
      "campaign-99/1/7: MAIL_REFUSED 550 No such user",
    ]);
  });
});

describe("stagesOverlap", () => {
  it("is true only while the first stage has tasks left", () => {
    expect(stagesOverlap(status([2, 5], [10]))).toBe(true);
    expect(stagesOverlap(status([2, 5], [0]))).toBe(false);
    expect(stagesOverlap(status([5, 5], [10]))).toBe(false);
  });
});

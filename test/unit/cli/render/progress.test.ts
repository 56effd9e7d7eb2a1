import { describe, expect, it } from "vitest";
import type { JobStatus, StageStatus } from "../../../../services/contract/job-status.ts";
import { plain } from "../../../../clients/cli/render/line.ts";
import { renderStage, renderStatus } from "../../../../clients/cli/render/progress.ts";

function stage(action: string, { counts, ...fields }: Partial<StageStatus>): StageStatus {
  return {
    stage: 0,
    action,
    status: "RUNNING",
    sealed: true,
    percent: 0,
    ratePerSecond: 0,
    etaMs: null,
    concurrency: 4,
    ...fields,
    counts: {
      total: 0,
      pending: 0,
      running: 0,
      retrying: 0,
      succeeded: 0,
      failed: 0,
      cancelled: 0,
      ...counts,
    },
  };
}

function job(...stages: StageStatus[]): JobStatus {
  return {
    jobId: "campaign-99",
    status: "RUNNING",
    sealed: true,
    generation: 1,
    stages,
    startedAt: 1_000,
    updatedAt: 13_400,
    labels: {},
  };
}

const none = { pending: 0, running: 0, retrying: 0, failed: 0, cancelled: 0 };
const reading = stage("prepare_recipients", {
  percent: 34,
  ratePerSecond: 12.2,
  etaMs: 5_400,
  counts: { ...none, total: 100, succeeded: 34, running: 4 },
});
const sending = stage("send_emails", {
  sealed: false,
  percent: 71,
  ratePerSecond: 3_911.6,
  counts: { ...none, total: 34_000, succeeded: 24_010, running: 50, retrying: 2, failed: 1 },
});

const drawn = (status: JobStatus, columns: number) => renderStatus(status, columns).map(plain);

describe("renderStatus", () => {
  it("draws a headline and a bar for each stage", () => {
    expect(drawn(job(reading, sending), 100)).toMatchInlineSnapshot(`
      [
        "campaign-99 RUNNING 12.4 s",
        "prepare_recipients [==========>>                  ]  34 %  34 of 100, 12/s, 6 s left, 4 running",
        "send_emails        [=====================>        ]  71 %  24,011 of 34,000+, 1 failed, 3,912/s, 50 ",
      ]
    `);
  });

  it("draws ended stages full", () => {
    const counts = { ...none, total: 100, succeeded: 99, cancelled: 1 };
    const ended = stage("prepare_recipients", { status: "FAILED", percent: 100, counts });
    expect(drawn(job(ended, stage("send_emails", {})), 100)).toMatchInlineSnapshot(`
      [
        "campaign-99 RUNNING 12.4 s",
        "prepare_recipients [=============================-] 100 %  100 of 100, 1 cancelled",
        "send_emails        [                              ]   0 %  0 of 0",
      ]
    `);
  });

  it("leaves the bars out where they do not fit", () => {
    expect(drawn(job(reading, sending), 60)).toMatchInlineSnapshot(`
      [
        "campaign-99 RUNNING 12.4 s",
        "prepare_recipients  34 %  34 of 100, 12/s, 6 s left, 4 runni",
        "send_emails         71 %  24,011 of 34,000+, 1 failed, 3,912",
      ]
    `);
  });

  it.each([200, 80, 61, 20, 1, 0])("keeps within %s columns", (columns) => {
    for (const line of drawn(job(reading, sending), columns)) {
      expect(line.length).toBeLessThanOrEqual(columns);
    }
  });
});

describe("renderStage", () => {
  it("says where a stage stands", () => {
    expect(renderStage(sending)).toMatchInlineSnapshot(
      `"send_emails 71 %  24,011 of 34,000+, 1 failed, 3,912/s, 50 running, 2 retrying"`,
    );
  });
});

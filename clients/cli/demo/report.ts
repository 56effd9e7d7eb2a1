import type { JobOutcome } from "../../../services/contract/job-outcome.ts";
import type { JobStatus } from "../../../services/contract/job-status.ts";
import type { TaskOutcome } from "../../../services/contract/task.ts";
import type { MailCounts } from "../../../services/samples/campaign/catch-all-server.ts";
import type { CampaignSize } from "../../../services/samples/campaign/local.ts";
import { count, seconds } from "../render/numbers.ts";

/** What a demo saw. */
export interface DemoResult {
  readonly size: CampaignSize;
  readonly outcome: JobOutcome;
  readonly received: MailCounts;
  /** Some of the tasks that failed. */
  readonly failures: readonly TaskOutcome[];
  /** The first status in which the second stage moved although the first had not ended. */
  readonly overlap: JobStatus | null;
}

/** The end of a demo for people. */
export function demoReport({ outcome, received, overlap }: DemoResult): string[] {
  const { jobId, status, tookMs, taskCounts, stages, receipt } = outcome;
  const width = Math.max(...stages.map(({ action }) => action.length));
  const { SUCCEEDED, FAILED, CANCELLED, total } = taskCounts;
  return [
    `Job ${jobId} ${status} in ${seconds(tookMs)}: ${count(SUCCEEDED)} of ${count(total)} tasks succeeded, ${count(FAILED)} failed, ${count(CANCELLED)} cancelled`,
    ...stages.map(
      (stage) =>
        `  ${stage.action.padEnd(width)}  ${stage.status}, ${count(stage.taskCounts.SUCCEEDED)} of ${count(stage.taskCounts.total)}, took ${seconds(stage.tookMs)}`,
    ),
    `Receipt: ${seconds(receipt.taskMs)} of tasks in ${seconds(receipt.wallMs)}, ${receipt.speedup.toFixed(1)} times as fast as one after another, ${count(receipt.retries)} retries`,
    `Mails: ${count(received.mails)} received by the SMTP server, ${count(received.recipients)} distinct recipients`,
    overlapLine(overlap),
  ];
}

/** What is not as it must be; empty when all is right. */
export function demoProblems({ size, outcome, received, failures }: DemoResult): string[] {
  const { pages, perPage } = size;
  const recipients = pages * perPage;
  const facts: readonly (readonly [
    what: string,
    is: number | string,
    expected: number | string,
  ])[] = [
    ["job", outcome.status, "SUCCEEDED"],
    ["tasks in all", outcome.taskCounts.total, pages + recipients],
    ["tasks that succeeded", outcome.taskCounts.SUCCEEDED, pages + recipients],
    ["pages read", outcome.stages[0]?.taskCounts.SUCCEEDED ?? 0, pages],
    ["tasks that sent a mail", outcome.stages[1]?.taskCounts.SUCCEEDED ?? 0, recipients],
    ["mails received", received.mails, recipients],
    ["distinct recipients", received.recipients, recipients],
  ];
  return [
    ...facts
      .filter(([, is, expected]) => is !== expected)
      .map(([what, is, expected]) => `${what}: ${is}, expected ${expected}`),
    ...failures.map(({ taskId, error }) => `${taskId}: ${error?.code} ${error?.message}`),
  ];
}

/** Whether the second stage has begun to move before the first has ended. */
export function stagesOverlap({ stages: [first, second] }: JobStatus): boolean {
  if (!first || !second) return false;
  const { succeeded, running } = second.counts;
  return first.counts.succeeded < first.counts.total && succeeded + running > 0;
}

// --- internal ---

function overlapLine(status: JobStatus | null): string {
  const [first, second] = status?.stages ?? [];
  if (!first || !second)
    return "Stages: the second was never seen moving before the first had ended";
  return `Stages: ${second.action} had begun when ${first.action} was at ${count(first.counts.succeeded)} of ${count(first.counts.total)}`;
}

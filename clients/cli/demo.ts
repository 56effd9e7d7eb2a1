import "../../services/node-version.ts";
import { setTimeout as sleep } from "node:timers/promises";
import type { ResultsPage } from "../../services/contract/handlers.ts";
import type { JobOutcome } from "../../services/contract/job-outcome.ts";
import type { JobStatus } from "../../services/contract/job-status.ts";
import { EndStatus, type TaskOutcome } from "../../services/contract/task.ts";
import { startFanfold } from "../../services/embedded/fanfold.ts";
import { campaignRequest, startLocalCampaign } from "../../services/samples/campaign/local.ts";
import { demoOptions, type DemoOptions } from "./demo-options.ts";
import { demoProblems, demoReport, stagesOverlap, type DemoResult } from "./demo-report.ts";
import { callIngress } from "./ingress.ts";
import { count } from "./progress.ts";
import { progressWriter } from "./progress-writer.ts";

const pollMs = 200;

const stopped = new AbortController();
// npm passes on a signal that the terminal has sent already: the second changes nothing.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => stopped.abort(new Error(`Stopped by ${signal}.`)));
}

try {
  const result = await run(demoOptions(process.argv.slice(2)));
  process.stdout.write(`${demoReport(result).join("\n")}\n`);
  const problems = demoProblems(result);
  for (const problem of problems) say(`Wrong: ${problem}`);
  process.exitCode = problems.length > 0 ? 1 : 0;
} catch (error) {
  const reason: unknown = stopped.signal.aborted ? stopped.signal.reason : error;
  say(reason instanceof Error ? reason.message : String(reason));
  process.exitCode = stopped.signal.aborted ? 130 : 1;
}
process.exit();

// --- internal ---

async function run(size: DemoOptions): Promise<DemoResult> {
  const { pages, perPage } = size;
  say(`A campaign for ${count(pages * perPage)} recipients on ${count(pages)} pages.`);
  const campaign = await startLocalCampaign(size);
  try {
    const fanfold = await startFanfold({ samples: true, workerEnv: campaign.env });
    try {
      const serverEnd = fanfold.server.exited.then(({ log }) => {
        throw new Error(`The Restate server ended by itself.\n${log}`.trim());
      });
      const job = `${fanfold.ingressUrl}/Job/campaign-99`;
      const seen = await Promise.race([runJob(job, size), serverEnd]);
      return { size, ...seen, received: await campaign.mailServer.counts() };
    } finally {
      await fanfold.stop();
    }
  } finally {
    await campaign.stop();
  }
}

async function runJob(
  job: string,
  size: DemoOptions,
): Promise<Pick<DemoResult, "outcome" | "overlap" | "failures">> {
  stopped.signal.throwIfAborted();
  await callIngress(`${job}/submit`, campaignRequest(size));
  say(`Runs as ${job}/status`);
  const overlap = await watch(job);
  const outcome = await callIngress<JobOutcome>(`${job}/outcome`, {});
  return { outcome, overlap, failures: await someFailures(job, outcome) };
}

/** Shows the job's progress until it has ended; the answer is the status that proves the overlap. */
async function watch(job: string): Promise<JobStatus | null> {
  const progress = progressWriter(process.stderr);
  let overlap: JobStatus | null = null;
  for (;;) {
    const status = await callIngress<JobStatus>(`${job}/status`);
    progress.show(status);
    if (stagesOverlap(status)) overlap ??= status;
    if (EndStatus.safeParse(status.status).success) break;
    await sleep(pollMs, undefined, { signal: stopped.signal });
  }
  progress.end();
  return overlap;
}

async function someFailures(job: string, { stages }: JobOutcome): Promise<TaskOutcome[]> {
  const failed = stages.find(({ taskCounts }) => taskCounts.FAILED > 0);
  if (!failed) return [];
  const request = { stage: failed.stage, status: "FAILED", limit: 3 };
  return (await callIngress<ResultsPage>(`${job}/results`, request)).outcomes;
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

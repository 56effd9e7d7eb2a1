import "../../services/node-version.ts";
import type { JobOutcome } from "../../services/contract/job-outcome.ts";
import type { JobStatus } from "../../services/contract/job-status.ts";
import type { TaskOutcome } from "../../services/contract/task.ts";
import { startFanfold } from "../../services/embedded/fanfold.ts";
import { campaignRequest, startLocalCampaign } from "../../services/samples/campaign/local.ts";
import { connect, type AnyJob } from "../client/index.ts";
import { demoOptions, type DemoOptions } from "./demo-options.ts";
import { demoProblems, demoReport, stagesOverlap, type DemoResult } from "./demo-report.ts";
import { count } from "./progress.ts";
import { progressWriter } from "./progress-writer.ts";

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
    const workerEnv = { FANFOLD_LOG: process.env["FANFOLD_LOG"] ?? "warn", ...campaign.env };
    const fanfold = await startFanfold({ samples: true, workerEnv });
    try {
      const serverEnd = fanfold.server.exited.then(({ log }) => {
        throw new Error(`The Restate server ended by itself.\n${log}`.trim());
      });
      const seen = await Promise.race([runJob(fanfold.ingressUrl, size), serverEnd]);
      return { size, ...seen, received: await campaign.mailServer.counts() };
    } finally {
      await fanfold.stop();
    }
  } finally {
    await campaign.stop();
  }
}

async function runJob(
  ingressUrl: string,
  size: DemoOptions,
): Promise<Pick<DemoResult, "outcome" | "overlap" | "failures">> {
  const { signal } = stopped;
  const client = connect({ ingressUrl });
  const job = await client.submit({ jobId: "campaign-99", ...campaignRequest(size) }, { signal });
  say(`Runs as ${ingressUrl}/Job/${job.id}/status`);
  const overlap = await watch(job);
  const outcome = await job.outcome({ signal });
  return { outcome, overlap, failures: await someFailures(job, outcome) };
}

/** Shows the job's progress until it has ended; the answer is the status that proves the overlap. */
async function watch(job: AnyJob): Promise<JobStatus | null> {
  const progress = progressWriter(process.stderr);
  let overlap: JobStatus | null = null;
  for await (const status of job.watch({ everyMs: 200, signal: stopped.signal })) {
    progress.show(status);
    if (stagesOverlap(status)) overlap ??= status;
  }
  progress.end();
  return overlap;
}

async function someFailures(job: AnyJob, { stages }: JobOutcome): Promise<TaskOutcome[]> {
  const failed = stages.find(({ taskCounts }) => taskCounts.FAILED > 0);
  if (!failed) return [];
  const failures: TaskOutcome[] = [];
  for await (const failure of job.results({ stage: failed.stage, status: "FAILED", limit: 3 })) {
    if (failures.push(failure) === 3) break;
  }
  return failures;
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

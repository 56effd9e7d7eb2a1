import type { JobOutcome } from "../../../services/contract/job-outcome.ts";
import type { JobStatus } from "../../../services/contract/job-status.ts";
import type { TaskOutcome } from "../../../services/contract/task.ts";
import { startFanfold } from "../../../services/embedded/fanfold.ts";
import {
  campaignRequest,
  startLocalCampaign,
  type CampaignSize,
} from "../../../services/samples/campaign/local.ts";
import { connect, type AnyJob } from "../../client/index.ts";
import { count } from "../render/numbers.ts";
import { progressWriter } from "../render/progress-writer.ts";
import { EXIT } from "../shared/exit-codes.ts";
import { interruptible } from "../shared/interruption.ts";
import { print, say } from "../shared/output.ts";
import { demoProblems, demoReport, stagesOverlap, type DemoResult } from "./report.ts";

/** Runs a campaign from the server's start to its end, and says what is not as it must be. */
export async function demo(size: CampaignSize): Promise<void> {
  await interruptible(
    async (signal) => {
      const result = await run(size, signal);
      for (const line of demoReport(result)) print(line);
      const problems = demoProblems(result);
      for (const problem of problems) say(`Wrong: ${problem}`);
      if (problems.length > 0) process.exitCode = EXIT.failure;
    },
    () => "Stopped: nothing is left of it.",
  );
}

// --- internal ---

async function run(size: CampaignSize, signal: AbortSignal): Promise<DemoResult> {
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
      const seen = await Promise.race([runJob(fanfold.ingressUrl, size, signal), serverEnd]);
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
  size: CampaignSize,
  signal: AbortSignal,
): Promise<Pick<DemoResult, "outcome" | "overlap" | "failures">> {
  const client = connect({ ingressUrl });
  const job = await client.submit({ jobId: "campaign-99", ...campaignRequest(size) }, { signal });
  say(`Runs as ${ingressUrl}/Job/${job.id}/status`);
  const overlap = await watch(job, signal);
  const outcome = await job.outcome({ signal });
  return { outcome, overlap, failures: await someFailures(job, outcome) };
}

/** Shows the job's progress until it has ended; the answer is the status that proves the overlap. */
async function watch(job: AnyJob, signal: AbortSignal): Promise<JobStatus | null> {
  const progress = progressWriter(process.stderr);
  let overlap: JobStatus | null = null;
  for await (const status of job.watch({ everyMs: 200, signal })) {
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

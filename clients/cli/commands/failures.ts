import type { Job } from "../../client/index.ts";
import type { CliCommand } from "../command.ts";
import { groupFailures, type Failures } from "../render/failure-groups.ts";
import { renderFailures } from "../render/failures.ts";
import { reading } from "../shared/reading.ts";

export const failures: CliCommand = {
  name: "failures",
  group: "Look",
  summary: "Group a job's failed tasks by their error",
  description:
    "Messages that differ in their numbers only are one group. fanfold results has each of them.",
  examples: [
    { line: "fanfold failures nightly", does: "how many failed of what, and the first of them" },
    { line: "fanfold failures nightly --json", does: "the same for programs" },
  ],
  define: (command) =>
    reading(command, failuresOf, (found, { jobId }) => renderFailures(jobId, found)),
};

// --- internal ---

async function failuresOf(job: Job): Promise<Failures> {
  const { stages } = await job.status();
  const failed = stages.filter(({ counts }) => counts.failed > 0);
  return groupFailures(
    failed.map(({ stage }) => job.results({ stage, status: "FAILED", follow: false })),
  );
}

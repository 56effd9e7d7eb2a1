import type { JobSummary } from "../../../services/contract/job-list.ts";
import { seconds } from "./numbers.ts";
import { table } from "./table.ts";

/** A table of jobs. */
export function jobTable(jobs: readonly JobSummary[]): string[] {
  return table(["job", "status", "action", "started", "took", "labels"], jobs.map(row));
}

// --- internal ---

function row({ jobId, status, action, startedAt, completedAt, labels }: JobSummary): string[] {
  return [
    jobId,
    status,
    action,
    new Date(startedAt).toISOString().replace("T", " ").slice(0, 19),
    completedAt === null ? "" : seconds(completedAt - startedAt),
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(" "),
  ];
}

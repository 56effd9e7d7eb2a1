import { open } from "node:fs/promises";
import type { JobOutcome } from "../../../services/contract/job-outcome.ts";
import type { JobStatus } from "../../../services/contract/job-status.ts";
import type { TaskOutcome } from "../../../services/contract/task.ts";
import { recordsRequest } from "../../../services/samples/records/records-request.ts";
import type { AnyJob, Client } from "../../client/index.ts";
import { begun } from "../items/begun.ts";
import { inInputOrder } from "./input-order.ts";
import { readRecords, recordFormat } from "./read-file.ts";

export interface ImportOptions {
  readonly client: Client;
  readonly path: string;
  readonly jobId: string;
  /** The job is there, and will go on with the same file. */
  readonly onStart: () => void;
  readonly onProgress: (status: JobStatus) => void;
}

/**
 * Brings every record of a file into a job and waits for its end. The same file may be brought into the
 * same job again, after whatever went wrong: what the job has got already it does not take twice.
 */
export async function importRecords(options: ImportOptions): Promise<JobOutcome> {
  const { client, path, jobId, onStart, onProgress } = options;
  const format = recordFormat(path);
  const file = await open(path);
  try {
    // A file that cannot be read starts nothing.
    const records = await begun(readRecords(file, format));
    const job = await client.submit({ jobId, ...recordsRequest });
    onStart();
    await job.append(records, { id: "file" });
    await job.seal();
    for await (const status of job.watch({ everyMs: 200 })) onProgress(status);
    return await job.outcome();
  } finally {
    await file.close();
  }
}

/** What became of each record of an ended job, in the order of the file. */
export function recordOutcomes(job: AnyJob, { stages }: JobOutcome): AsyncGenerator<TaskOutcome> {
  const last = stages.length - 1;
  return inInputOrder([
    job.results({ stage: last }),
    ...stages
      .slice(0, last)
      .flatMap(({ stage }) => [
        job.results({ stage, status: "FAILED" }),
        job.results({ stage, status: "CANCELLED" }),
      ]),
  ]);
}

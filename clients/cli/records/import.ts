import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { AppendRequest, ResultsPage } from "../../../services/contract/handlers.ts";
import type { JobOutcome } from "../../../services/contract/job-outcome.ts";
import type { JobStatus } from "../../../services/contract/job-status.ts";
import { EndStatus, type TaskOutcome } from "../../../services/contract/task.ts";
import type { FileRecord } from "../../../services/samples/records/record.ts";
import { recordsRequest } from "../../../services/samples/records/records-request.ts";
import { callIngress } from "../ingress.ts";
import { batches } from "./batches.ts";
import { inInputOrder } from "./input-order.ts";
import { readRecords, recordFormat } from "./read-file.ts";

export interface ImportOptions {
  readonly path: string;
  /** `http://127.0.0.1:8080/Job/{id}` */
  readonly job: string;
  /** The job is there, and will go on with the same file. */
  readonly onStart: () => void;
  readonly onProgress: (status: JobStatus) => void;
}

/**
 * Brings every record of a file into a job and waits for its end. The same file may be brought into the
 * same job again, after whatever went wrong: what the job has got already it does not take twice.
 */
export async function importRecords(options: ImportOptions): Promise<JobOutcome> {
  const { path, job, onStart } = options;
  const format = recordFormat(path);
  const file = await open(path);
  try {
    const read = batches(readRecords(file, format), batchSize);
    // A file that cannot be read starts nothing.
    let batch = await read.next();
    await callIngress(`${job}/submit`, recordsRequest);
    onStart();
    for (let number = 1; !batch.done; number += 1) {
      await callIngress(`${job}/append`, appendRequest(number, batch.value));
      batch = await read.next();
    }
    await callIngress(`${job}/seal`, {});
  } finally {
    await file.close();
  }
  return end(options);
}

/** What became of each record of an ended job, in the order of the file. */
export function recordOutcomes(job: string, { stages }: JobOutcome): AsyncGenerator<TaskOutcome> {
  const last = stages.length - 1;
  return inInputOrder([
    pages(job, { stage: last }),
    ...stages
      .slice(0, last)
      .flatMap(({ stage }) => [
        pages(job, { stage, status: "FAILED" }),
        pages(job, { stage, status: "CANCELLED" }),
      ]),
  ]);
}

// --- internal ---

const batchSize = { items: 1_000, chars: 1024 * 1024 };
const pollMs = 200;

function appendRequest(number: number, items: FileRecord[]): AppendRequest {
  return { fanout: { foreach: { items } }, appendId: `batch-${number}` };
}

async function end({ job, onProgress }: ImportOptions): Promise<JobOutcome> {
  for (;;) {
    const status = await callIngress<JobStatus>(`${job}/status`);
    onProgress(status);
    if (EndStatus.safeParse(status.status).success) break;
    await sleep(pollMs);
  }
  return callIngress<JobOutcome>(`${job}/outcome`, {});
}

async function* pages(
  job: string,
  request: { stage: number; status?: EndStatus },
): AsyncGenerator<TaskOutcome[]> {
  let cursor: string | null = null;
  do {
    const body = { ...request, limit: 1_000, cursor };
    const page: ResultsPage = await callIngress<ResultsPage>(`${job}/results`, body);
    yield page.outcomes;
    ({ cursor } = page);
  } while (cursor !== null);
}

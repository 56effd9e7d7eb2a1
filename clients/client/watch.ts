import type { JobStatus } from "../../services/contract/job-status.ts";
import { sleep } from "./abort.ts";
import type { Ask } from "./ask.ts";
import type { CallOptions } from "./ingress.ts";

export interface WatchOptions extends CallOptions {
  /** Time between two statuses; by default a second. */
  readonly everyMs?: number;
}

/** Statuses of a job one after another; the last is that of its end. */
export async function* watchJob(
  ask: Ask,
  { everyMs = 1_000, signal }: WatchOptions,
): AsyncGenerator<JobStatus, void> {
  for (;;) {
    const status = await ask<JobStatus>("status", { repetition: "lasting", signal });
    yield status;
    if (hasEnded(status)) return;
    await sleep(everyMs, signal);
  }
}

// --- internal ---

const hasEnded = ({ status }: JobStatus) =>
  status === "SUCCEEDED" || status === "FAILED" || status === "CANCELLED";

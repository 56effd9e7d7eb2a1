import type { JobStatus } from "../../services/contract/job-status.ts";
import { sleep } from "./abort.ts";
import type { Ask } from "./ask.ts";
import type { CallOptions } from "./ingress.ts";

export interface WatchOptions extends CallOptions {
  /**
   * Time between two statuses. By default a second; more where a server that has much to do lets one wait for
   * the answer: 200 times as long as that took, but not past the end it expects, and at most 10 seconds.
   */
  readonly everyMs?: number;
}

/** Statuses of a job one after another; the last is that of its end. */
export async function* watchJob(
  ask: Ask,
  { everyMs, signal }: WatchOptions,
): AsyncGenerator<JobStatus, void> {
  for (;;) {
    const askedAt = performance.now();
    const status = await ask<JobStatus>("status", { repetition: "lasting", signal });
    const tookMs = performance.now() - askedAt;
    yield status;
    if (hasEnded(status)) return;
    await sleep(everyMs ?? restAfter(status, tookMs), signal);
  }
}

// --- internal ---

const LEAST_MS = 1_000;
const MOST_MS = 10_000;
/** Many who watch a job that runs at full speed would otherwise slow it. */
const REST = 200;

function restAfter({ stages }: JobStatus, tookMs: number): number {
  const endsInMs = Math.max(...stages.map(({ etaMs }) => etaMs ?? Infinity));
  return Math.max(LEAST_MS, Math.min(REST * tookMs, endsInMs, MOST_MS));
}

const hasEnded = ({ status }: JobStatus) =>
  status === "SUCCEEDED" || status === "FAILED" || status === "CANCELLED";

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../clients/client/index.ts";
import type { ResultsPage } from "../services/contract/handlers.ts";
import type { JobPage, ListRequest } from "../services/contract/job-list.ts";
import type { JobOutcome } from "../services/contract/job-outcome.ts";
import type { JobRequest } from "../services/contract/job-request.ts";
import type { JobStatus } from "../services/contract/job-status.ts";
import type { CheckedOut } from "../services/samples/checkout/checkout.ts";
import { atOnce } from "./at-once.ts";

export type BenchJob = {
  readonly action: "noop" | "value" | "durable_noop" | "wait_10ms" | "RemoteTask/run";
  readonly tasks: number;
} & Pick<JobRequest, "failurePolicy" | "fold" | "limits">;

export type SubmittedJob = {
  readonly jobId: string;
  /** Waits for the outcome: milliseconds since the submit. */
  tookMs(): Promise<number>;
};

export type HandWrittenShape = "all" | "calls" | "remoteCalls" | "chunked";

export type FuturesHandler = "wait" | "mapConcurrent" | "pipeline" | "raceLoop" | "chunked";

/** What the contestants are driven through: HTTP, as any user would. All calls end with `signal`. */
export class Ingress {
  readonly #url: string;
  readonly #signal: AbortSignal;
  readonly #ended: string[] = [];

  constructor(url: string, signal: AbortSignal) {
    this.#url = url;
    this.#signal = signal;
  }

  async submit({ action, tasks, ...options }: BenchJob): Promise<SubmittedJob> {
    const jobId = `bench-${randomUUID()}`;
    const request: JobRequest = {
      action,
      fanout: { range: { as: "n", start: 0, stop: tasks - 1 } },
      limits: { concurrency: CONCURRENCY },
      fold: "none",
      ...options,
    };
    const startedAt = performance.now();
    await this.#post(`Job/${jobId}/submit`, request);
    return {
      jobId,
      tookMs: async () => {
        const outcome = (await this.#post(`Job/${jobId}/outcome`, {})) as JobOutcome;
        const tookMs = performance.now() - startedAt;
        checkOutcome(outcome, tasks);
        this.#ended.push(jobId);
        return tookMs;
      },
    };
  }

  /** Milliseconds from submit to outcome. */
  async runJob(job: BenchJob): Promise<number> {
    const submitted = await this.submit(job);
    return submitted.tookMs();
  }

  /** Milliseconds from request to answer. */
  async runHandWritten(shape: HandWrittenShape, tasks: number): Promise<number> {
    const startedAt = performance.now();
    const ran = await this.#post(`HandWritten/${shape}`, { tasks });
    const tookMs = performance.now() - startedAt;
    if (ran !== tasks)
      throw new Error(`HandWritten/${shape} ran ${String(ran)} of ${tasks} tasks.`);
    return tookMs;
  }

  /** Milliseconds from request to answer of a handler that waits for so many calls. */
  async runFutures(handler: FuturesHandler, calls: number, size?: number): Promise<number> {
    const startedAt = performance.now();
    const ended = await this.#post(`Futures/${handler}`, { calls, size });
    const tookMs = performance.now() - startedAt;
    if (ended !== calls) throw new Error(`Futures/${handler} ended ${String(ended)} of ${calls}.`);
    return tookMs;
  }

  /** Milliseconds that an order takes in the sample `checkout`, by its receipt. */
  async checkOut(way: "sequential" | "parallel"): Promise<number> {
    const { receipt } = (await this.#post(`Checkout/${way}`, { orderId: "1" })) as CheckedOut;
    return receipt.wallMs;
  }

  /** Milliseconds that one status read takes. */
  async readStatus(jobId: string): Promise<number> {
    const startedAt = performance.now();
    await this.#fetch(`Job/${jobId}/status`);
    return performance.now() - startedAt;
  }

  /** Waits until so many tasks have succeeded. */
  async succeeded(jobId: string, tasks: number): Promise<void> {
    for (;;) {
      const { stages } = (await this.#fetch(`Job/${jobId}/status`)) as JobStatus;
      if ((stages[0]?.counts.succeeded ?? 0) >= tasks) return;
      await sleep(POLL_MS);
    }
  }

  /** Watches a job to its end, as a client of its own. */
  async watch(jobId: string): Promise<void> {
    const client = connect({ ingressUrl: this.#url });
    for await (const { status } of client.job(jobId).watch({ signal: this.#signal })) {
      if (status === "FAILED") throw new Error("A job that is watched ended FAILED.");
    }
  }

  /** Milliseconds until a cancel is answered, and until the job has ended. */
  async cancel(jobId: string): Promise<{ answeredMs: number; endedMs: number }> {
    const startedAt = performance.now();
    await this.#post(`Job/${jobId}/cancel`);
    const answeredMs = performance.now() - startedAt;
    const { status } = (await this.#post(`Job/${jobId}/outcome`, {})) as JobOutcome;
    const endedMs = performance.now() - startedAt;
    if (status !== "CANCELLED") throw new Error(`A cancelled job ended ${status}.`);
    this.#ended.push(jobId);
    return { answeredMs, endedMs };
  }

  /** When each task of an ended job was started, in milliseconds since 1970. */
  async startTimes(jobId: string): Promise<number[]> {
    const times: number[] = [];
    let cursor: string | null = null;
    do {
      const page = (await this.#post(`Job/${jobId}/results`, {
        cursor,
        limit: 1_000,
      })) as ResultsPage;
      times.push(...page.outcomes.flatMap(({ startedAt }) => startedAt ?? []));
      cursor = page.cursor;
    } while (cursor !== null);
    return times;
  }

  async list(request: ListRequest): Promise<JobPage> {
    return (await this.#post("Jobs/list", request)) as JobPage;
  }

  /** Forgets the jobs that were run: between measurements, since their data goes in the background. */
  async purge(): Promise<void> {
    await atOnce(PURGES_AT_ONCE, this.#ended.splice(0), (jobId) =>
      this.#post(`Job/${jobId}/purge`),
    );
  }

  // --- internal ---

  #post(path: string, body?: unknown): Promise<unknown> {
    if (body === undefined) return this.#fetch(path, { method: "POST" });
    const headers = { "content-type": "application/json" };
    return this.#fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await fetch(`${this.#url}/${path}`, { ...init, signal: this.#signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
}

// --- internal ---

const CONCURRENCY = 1_000;
const POLL_MS = 20;
const PURGES_AT_ONCE = 50;

/** A run that lost or failed tasks must not look fast. */
function checkOutcome({ status, taskCounts }: JobOutcome, tasks: number): void {
  const { total, SUCCEEDED } = taskCounts;
  if (status === "SUCCEEDED" && total === tasks && SUCCEEDED === tasks) return;
  throw new Error(`A job of ${tasks} tasks ended ${status}: ${JSON.stringify(taskCounts)}`);
}

import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { VerifyAnswer } from "../../../services/contract/handlers.ts";
import type { JobStatus } from "../../../services/contract/job-status.ts";
import type { JobOutcome } from "../../../services/contract/job-outcome.ts";
import type { TaskOutcome } from "../../../services/contract/task.ts";

interface Addresses {
  readonly ingressUrl: string;
  readonly adminUrl: string;
}

/** A refusal by Fanfold itself; anything else is tried again. */
export class Refused extends Error {
  readonly code: string;

  constructor(path: string, code: string, message: string) {
    super(`${path}: ${code}: ${message}`);
    this.code = code;
  }
}

/** Jobs as a patient client sees them: it repeats what a killed process left without answer. */
export class Jobs {
  readonly #addresses: Addresses;

  constructor({ ingressUrl, adminUrl }: Addresses) {
    this.#addresses = { ingressUrl, adminUrl };
  }

  submit(jobId: string, request: Record<string, unknown>): Promise<unknown> {
    return this.call(`Job/${jobId}/submit`, request);
  }

  /** One call, repeated until it is answered. Every handler of a job may be. */
  async call<Answer>(path: string, body: unknown = {}, withinMs = 120_000): Promise<Answer> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      try {
        return await this.#post<Answer>(path, body);
      } catch (error) {
        if (error instanceof Refused || Date.now() > deadline) throw error;
        await sleep(100);
      }
    }
  }

  /** The outcome; a job that is late is shown with everything that is still under way. */
  async outcome(jobId: string, withinMs: number): Promise<JobOutcome> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      try {
        return await this.call<JobOutcome>(`Job/${jobId}/outcome`, { wait: "5s" }, withinMs);
      } catch (error) {
        if (!(error instanceof Refused && error.code === "STILL_RUNNING")) throw error;
        if (Date.now() > deadline) throw new Error(await this.#standstill(jobId, withinMs));
      }
    }
  }

  /** Waits until the first stage has so many succeeded tasks. */
  async succeeded(jobId: string, count: number): Promise<void> {
    let stage: { counts: { succeeded: number } } | undefined;
    do {
      await sleep(50);
      const status = await this.call<JobStatus>(`Job/${jobId}/status`);
      stage = status.stages[0];
    } while (stage && stage.counts.succeeded < count);
  }

  /** What runs or waits in the server, at most 20 times a second: `{ target, status, ... }`. */
  async underWay(): Promise<readonly { target: string; status: string }[]> {
    const response = await fetch(`${this.#addresses.adminUrl}/query`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ query: UNDER_WAY }),
    });
    const { rows } = (await response.json()) as { rows: { target: string; status: string }[] };
    return rows;
  }

  /** Every outcome of a stage, as its pages give them. */
  async results(jobId: string, stage: number): Promise<TaskOutcome[]> {
    const all: TaskOutcome[] = [];
    let cursor: string | null = null;
    do {
      const request = { stage, limit: 1_000, cursor };
      const page: { outcomes: TaskOutcome[]; cursor: string | null } = await this.call(
        `Job/${jobId}/results`,
        request,
      );
      all.push(...page.outcomes);
      cursor = page.cursor;
    } while (cursor !== null);
    return all;
  }

  /** Counts, recorded outcomes and `verify` agree: `tasks` of each stage, each index once. */
  async expectWhole(outcome: JobOutcome, tasks: readonly number[]): Promise<void> {
    const { jobId } = outcome;
    expect(outcome.stages.map(({ taskCounts }) => taskCounts.total)).toEqual(tasks);
    for (const { stage, taskCounts } of outcome.stages) {
      const { total, SUCCEEDED, FAILED, CANCELLED } = taskCounts;
      expect(SUCCEEDED + FAILED + CANCELLED).toBe(total);
      const results = await this.results(jobId, stage);
      const isInOrder = results.every(({ index }, at) => index === at);
      expect({ isInOrder, count: results.length }).toEqual({ isInOrder: true, count: total });
      expect(results.filter(({ status }) => status === "SUCCEEDED")).toHaveLength(SUCCEEDED);
    }
    const verified = await this.call<VerifyAnswer>(`Job/${jobId}/verify`);
    const checked = tasks.reduce((sum, count) => sum + count, 0);
    expect(verified).toEqual({ ok: true, differences: [], checked, inFlight: 0 });
  }

  // --- internal ---

  async #post<Answer>(path: string, body: unknown): Promise<Answer> {
    const response = await fetch(`${this.#addresses.ingressUrl}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = (await response.json()) as Answer & {
      message?: string;
      metadata?: { code?: string };
    };
    if (response.ok) return answer;
    const { message = "", metadata } = answer;
    if (metadata?.code) throw new Refused(path, metadata.code, message);
    throw new Error(`${path} answered ${response.status}: ${message}`);
  }

  async #standstill(jobId: string, withinMs: number): Promise<string> {
    const status = await this.call(`Job/${jobId}/status`);
    const why = await this.call(`Job/${jobId}/why`);
    const invocations = JSON.stringify(await this.underWay(), null, 1);
    const facts = JSON.stringify({ status, why }, null, 1);
    return `Job ${jobId} has not ended after ${withinMs} ms.\n${facts}\n${invocations.slice(0, 8_000)}`;
  }
}

// --- internal ---

const UNDER_WAY = `select id, target, status, retry_count, last_failure
  from sys_invocation where status <> 'completed' and status <> 'scheduled'`;

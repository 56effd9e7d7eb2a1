import type { Context } from "@restatedev/restate-sdk";
import {
  lease,
  type LeaseRequest,
  type LimiterState,
} from "../../../services/limits/core/lease.ts";
import type { StageLimits } from "../../../services/task/directive.ts";
import type { LimiterRef } from "../../../services/task/executor/lease.ts";
import { Leases } from "../../../services/task/leases.ts";
import { executionOf, outcomesOf } from "./executions.ts";
import type { FakeClock } from "./fake-clock.ts";
import { stageLimiters, yieldTo } from "./limiters.ts";

/** A chunk to run beside others. */
export interface LimitedChunk {
  readonly job: string;
  readonly limiters: readonly LimiterRef[];
  readonly window?: number;
  /** how long each of its tasks takes */
  readonly tasksMs: readonly number[];
  /** how often each of them fails before that */
  readonly failures?: number;
  readonly retryMs?: number;
  readonly startsAt?: number;
  /** what its stage allows later, and since when */
  readonly changes?: readonly (StageLimits & { readonly at: number })[];
}

/** An attempt; `to` is set when it has ended. */
export interface Span {
  readonly chunk: number;
  readonly job: string;
  readonly from: number;
  to: number;
}

/** Limiters and chunks that ask them, as their runners do, without a server. */
export class LimitedChunks {
  readonly spans: Span[] = [];
  readonly limiters = new Map<string, LimiterState>();
  readonly start: number;
  asked = 0;
  readonly #clock: FakeClock;
  readonly #latencyMs: number;

  constructor(clock: FakeClock, { latencyMs = 5 } = {}) {
    this.#clock = clock;
    this.start = clock.now();
    this.#latencyMs = latencyMs;
  }

  /** Runs them all to their ends. */
  async run(chunks: readonly LimitedChunk[]): Promise<void> {
    await this.#clock.until(Promise.all(chunks.map((chunk, at) => this.#run(chunk, at))));
    // What they gave back at their end arrives later.
    await this.#clock.advance(this.#latencyMs);
  }

  // --- internal ---

  async #run(chunk: LimitedChunk, number: number): Promise<void> {
    const {
      job,
      limiters,
      window = 100,
      tasksMs,
      failures = 0,
      retryMs = 20,
      startsAt = 0,
      changes = [],
    } = chunk;
    if (startsAt > 0) await this.#clock.sleep(startsAt);
    const ofAction = limiters.filter(({ kind }) => kind === "limiter");
    const leases = new Leases(this.#context(`chunk ${number}`), job);
    const execution = executionOf({
      clock: this.#clock,
      jobId: job,
      tasks: tasksMs.length,
      window,
      limiters,
      limitersUnder: stageLimiters(job, ofAction),
      lastKnown: Infinity,
      plan: {
        retry: { maxAttempts: 9, initialMs: retryMs, maxMs: retryMs, factor: 1, jitter: false },
      },
      run: async ({ index, attempt }) => {
        const span: Span = { chunk: number, job, from: this.#clock.now(), to: Infinity };
        this.spans.push(span);
        if (tasksMs[index]! > 0) await this.#clock.sleep(tasksMs[index]!);
        span.to = this.#clock.now();
        if (attempt <= failures) throw new Error("not yet");
      },
    });
    for (const { at, order, limits } of changes) {
      const ms = Math.max(0, this.start + at - this.#clock.now());
      const directive = { type: "yield", order, limits, granted: window } as const;
      this.#clock.timer(ms, () => execution.direct(directive));
    }
    for (let open = tasksMs.length; open > 0;) {
      const group = await execution.take();
      open -= outcomesOf([group]).length;
      const { report, wants, released } = group.head;
      // Its stage has slots for it again.
      if (report && wants !== undefined && released === window) {
        const granted = yieldTo({}, 0, wants);
        this.#clock.timer(this.#latencyMs, () => execution.direct(granted));
      }
      if (group.head.ask && open > 0) execution.granted(await leases.ask(group.head.ask));
    }
    leases.release();
    execution.stop();
  }

  #context(id: string): Context {
    const call = async ({ key = "", parameter }: { key?: string; parameter: unknown }) => {
      await this.#clock.sleep(this.#latencyMs);
      this.asked += 1;
      const before = this.limiters.get(key) ?? null;
      const { state, answer } = lease(before, parameter as LeaseRequest, this.#clock.now());
      this.limiters.set(key, state);
      await this.#clock.sleep(this.#latencyMs);
      return answer;
    };
    const context = { request: () => ({ id }), genericCall: call, genericSend: call };
    return context as unknown as Context;
  }
}

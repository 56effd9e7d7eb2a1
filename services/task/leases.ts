import type { Context } from "@restatedev/restate-sdk";
import type { LeaseRequest } from "../limits/core/lease.ts";
import type { Starts } from "../limits/core/starts.ts";
import { askLimiter, tellLimiter } from "../wire/calls.ts";
import type { Grant, LeaseAsk, LimiterRef } from "./executor/lease.ts";

/** What a chunk holds of its limiters, as its committed groups say. */
export class Leases {
  readonly #ctx: Context;
  readonly #job: string;
  #limiters: readonly LimiterRef[] = [];

  constructor(ctx: Context, job: string) {
    this.#ctx = ctx;
    this.#job = job;
  }

  /** Asks one after the other: each gives no more than the one before it. */
  async ask({ limiters, ...ask }: LeaseAsk): Promise<Grant> {
    this.#limiters = limiters;
    const starts: Starts[] = [];
    let slots: number | null = null;
    let againInMs = 0;
    let { most, starts: wanted } = ask;
    for (const limiter of limiters) {
      const request = { ...this.#request(limiter), ...ask, most, starts: wanted };
      const answer = await askLimiter(this.#ctx, limiter.key, request);
      if (answer.starts) {
        starts.push(answer.starts);
        wanted = answer.starts.count;
      }
      if (answer.slots !== null) slots = most = Math.min(most, answer.slots);
      againInMs = Math.max(againInMs, answer.againInMs);
    }
    return { limiters, slots, starts, againInMs };
  }

  /** Gives everything back. */
  release(): void {
    const nothing = { holds: 0, needs: 0, most: 0, starts: 0, beatMs: 0 };
    for (const limiter of this.#limiters) {
      tellLimiter(this.#ctx, limiter.key, { ...this.#request(limiter), ...nothing });
    }
    this.#limiters = [];
  }

  // --- internal ---

  #request({
    limits,
    version,
  }: LimiterRef): Pick<LeaseRequest, "holder" | "job" | "limits" | "version"> {
    return { holder: this.#ctx.request().id, job: this.#job, limits, version };
  }
}

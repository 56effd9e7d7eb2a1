import * as restate from "@restatedev/restate-sdk";
import type { ObjectContext } from "@restatedev/restate-sdk";
import { expireLimiter } from "../wire/calls.ts";
import {
  expired,
  idleAt,
  lease,
  type LeaseAnswer,
  type LeaseRequest,
  type LimiterState,
} from "./core/lease.ts";
import { isStageLimiter } from "./keys.ts";

/**
 * Shares out what is limited: the attempts of an action among all jobs, and the starts of a stage among its
 * chunks. Chunks ask about once a second, not once a task.
 */
export const limiter = restate.object({
  name: "Limiter",
  handlers: {
    lease: async (ctx: ObjectContext, request: LeaseRequest): Promise<LeaseAnswer> => {
      const before = await ctx.get<LimiterState>(STATE);
      const { state, answer } = lease(before, request, await ctx.date.now());
      const idle = idleAt(state);
      for (const [holder, { job, held }] of expired(before, state, request)) {
        ctx.console.warn({ jobId: job, holder, held }, "A chunk is silent: its lease is void.");
      }
      if (idle !== null && idle <= state.at) ctx.clear(STATE);
      else ctx.set(STATE, state);
      if (idle !== null && idle > state.at && !isStageLimiter(ctx.key)) {
        expireLimiter(ctx, ctx.key, Math.ceil(idle - state.at));
      }
      return answer;
    },

    /** Forgets what nobody can ask about any more. */
    expire: async (ctx: ObjectContext): Promise<void> => {
      const state = await ctx.get<LimiterState>(STATE);
      const idle = state && idleAt(state);
      if (idle !== null && idle <= (await ctx.date.now())) ctx.clear(STATE);
    },

    /** Its job is forgotten. */
    forget: async (ctx: ObjectContext): Promise<void> => ctx.clear(STATE),
  },
  options: { ingressPrivate: true },
});

// --- internal ---

const STATE = "state";

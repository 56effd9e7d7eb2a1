import { lease, type LimiterState, type Limits } from "../../../services/limits/core/lease.ts";
import type { Directive, StageLimits } from "../../../services/task/directive.ts";
import type { Grant, LeaseAsk, LimiterRef } from "../../../services/task/executor/lease.ts";
import { limitersOf, type LimitersUnder } from "../../../services/task/limiters.ts";
import { chunkSpec } from "./chunks.ts";

/** A stage's limits of which only what matters to the test is said. */
export const allowed = (limits: Partial<Limits> = {}, order = 1): StageLimits => ({
  order,
  limits: { concurrency: null, rate: null, ...limits },
});

/** `granted`: slots that it was given so far. */
export const yieldTo = (limits: Partial<Limits> = {}, order = 1, granted = 0): Directive => ({
  type: "yield",
  ...allowed(limits, order),
  granted,
});

export const perSecond = (tasks: number) => ({ tasks, perMs: 1_000 });

/** Limiters of a stage of this job, before those of its action. */
export function stageLimiters(job: string, ofAction: readonly LimiterRef[] = []): LimitersUnder {
  const own = limitersOf(chunkSpec({ jobId: job }), null);
  return (limits) => [...own(limits), ...ofAction];
}

/** Limiters that one chunk has for itself and that answer at once. */
export function answering(): (ask: LeaseAsk, at: number) => Omit<Grant, "limiters"> {
  const states = new Map<string, LimiterState>();
  return ({ limiters, ...ask }, at) => {
    let { most, starts: wanted } = ask;
    const answers = limiters.map(({ key, limits, version }) => {
      const request = { ...ask, holder: "chunk", job: "job", limits, version, most };
      const { state, answer } = lease(states.get(key) ?? null, { ...request, starts: wanted }, at);
      states.set(key, state);
      most = Math.min(most, answer.slots ?? Infinity);
      wanted = answer.starts?.count ?? wanted;
      return answer;
    });
    return {
      slots: answers.some(({ slots }) => slots !== null) ? most : null,
      starts: answers.flatMap(({ starts }) => starts ?? []),
      againInMs: Math.max(...answers.map(({ againInMs }) => againInMs)),
    };
  };
}

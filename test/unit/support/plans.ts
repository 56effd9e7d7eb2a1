import type { JobPlan, SourcePlan, StagePlan } from "../../../services/job/core/plan.ts";

/** A stage's plan in which only what matters to the test is said. */
export function stagePlan(options: Partial<StagePlan> = {}): StagePlan {
  return {
    action: "work",
    call: null,
    payload: {},
    concurrency: 100,
    rate: null,
    shared: null,
    retry: { maxAttempts: 3, initialMs: 200, maxMs: 10_000, factor: 2, jitter: false },
    timeoutMs: 900_000,
    graceMs: 10_000,
    durability: "group",
    policy: "complete-all",
    succeedAfter: null,
    fold: "none",
    ...options,
  };
}

/** How the pages of a dynamic fan-out are read. */
export function sourcePlan(options: Partial<SourcePlan> = {}): SourcePlan {
  const { call, shared, payload, retry, timeoutMs, graceMs } = stagePlan();
  const plan = { call, shared, payload, retry, timeoutMs, graceMs };
  return { action: "list", as: "item", ...plan, ...options };
}

export function jobPlan(...stages: Partial<StagePlan>[]): JobPlan {
  return {
    stages: stages.map(stagePlan),
    source: null,
    open: false,
    delayMs: 0,
    deadlineMs: null,
    sealByMs: 86_400_000,
    sealPolicy: "fail",
    retentionMs: 86_400_000,
    labels: {},
    receivers: 0,
  };
}

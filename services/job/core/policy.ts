import type { StagePlan } from "./plan.ts";
import type { StageState } from "./state.ts";

/** How a stage ends, and why if it did not simply succeed. */
export interface Verdict {
  readonly as: "SUCCEEDED" | "FAILED";
  readonly reason: string | null;
}

/** The end of a stage that its policy does not let run on; null: it may. */
export function judgeEarly(stage: StageState, plan: StagePlan): Verdict | null {
  const { policy, succeedAfter } = plan;
  if (succeedAfter !== null) {
    if (stage.succeeded >= succeedAfter) return SUCCEEDED;
    return isOutOfReach(stage, succeedAfter) ? failed(stage, plan) : null;
  }
  const stops =
    policy === "all-or-nothing" || (isTolerance(policy) && policy.onExceeded !== "finish");
  return stops && !isTolerable(stage, policy, stage.failed) ? failed(stage, plan) : null;
}

/**
 * The end of a stage whose tasks have all ended. Those that were cancelled in an earlier generation and not
 * run since count as failed.
 */
export function judgeStage(stage: StageState, plan: StagePlan): Verdict {
  const { policy, succeedAfter } = plan;
  const isGood =
    succeedAfter === null
      ? isTolerable(stage, policy, stage.failed + stage.cancelled)
      : stage.succeeded >= succeedAfter;
  return isGood ? SUCCEEDED : failed(stage, plan);
}

// --- internal ---

const SUCCEEDED: Verdict = { as: "SUCCEEDED", reason: null };

type Tolerance = Extract<StagePlan["policy"], object>;

const isTolerance = (policy: StagePlan["policy"]): policy is Tolerance =>
  typeof policy === "object";

function isTolerable(
  { total, succeeded, sealed }: StageState,
  policy: StagePlan["policy"],
  failed: number,
): boolean {
  if (isTolerance(policy)) {
    const { count = Infinity, percent = 100 } = policy.tolerate;
    return failed <= count && (!sealed || failed * 100 <= percent * total);
  }
  switch (policy) {
    case "complete-all":
    case "all-or-nothing":
      return failed === 0;
    case "best-effort":
      return succeeded > 0 || total === 0;
  }
}

function isOutOfReach({ sealed, total, failed, cancelled }: StageState, wanted: number): boolean {
  return sealed && total - failed - cancelled < wanted;
}

function failed(stage: StageState, { action, succeedAfter }: StagePlan): Verdict {
  const { total, cancelled } = stage;
  const others = cancelled > 0 ? `, ${cancelled} were cancelled` : "";
  const reason =
    succeedAfter === null
      ? `${stage.failed} of ${total} tasks of "${action}" failed${others}`
      : `${stage.succeeded} of ${total} tasks of "${action}" succeeded, ${succeedAfter} must`;
  return { as: "FAILED", reason };
}

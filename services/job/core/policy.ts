import { userFold } from "./fold/user-fold.ts";
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
 * The end of a stage whose tasks have all ended, and that was folded. Those that were cancelled in an earlier generation and not
 * run since count as failed.
 */
export function judgeStage(stage: StageState, plan: StagePlan): Verdict {
  const { policy, succeedAfter } = plan;
  if (stage.foldError) {
    const name = userFold(plan.fold);
    return { as: "FAILED", reason: `the fold "${name}" failed: ${stage.foldError.message}` };
  }
  const isGood =
    succeedAfter === null
      ? isTolerable(stage, policy, stage.failed + stage.cancelled)
      : stage.succeeded >= succeedAfter;
  return isGood ? SUCCEEDED : failed(stage, plan);
}

/** After so many more succeeded or failed tasks the stage may end early; null: it does not. */
export interface Decisive {
  readonly succeeded: number | null;
  readonly failed: number | null;
}

export function decisiveOutcomes(
  { total, succeeded, failed, cancelled, sealed }: StageState,
  { policy, succeedAfter }: Pick<StagePlan, "policy" | "succeedAfter">,
): Decisive {
  if (succeedAfter !== null) {
    const spare = total - failed - cancelled - succeedAfter;
    return { succeeded: succeedAfter - succeeded, failed: sealed ? spare + 1 : null };
  }
  if (policy === "all-or-nothing") return { succeeded: null, failed: 1 };
  if (!isTolerance(policy) || policy.onExceeded === "finish") return UNDECIDED;
  const { count = Infinity, percent = 100 } = policy.tolerate;
  const most = Math.min(count, sealed ? Math.floor((percent * total) / 100) : Infinity);
  return { succeeded: null, failed: most === Infinity ? null : most - failed + 1 };
}

// --- internal ---

const UNDECIDED: Decisive = { succeeded: null, failed: null };

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

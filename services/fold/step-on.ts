import type { Context } from "@restatedev/restate-sdk";
import { TerminalError } from "../actions.ts";
import { systemClock } from "../task/executor/clock.ts";
import { isStillHere, type Begun } from "../task/executor/quarantine.ts";
import { outlast, type Tried } from "../task/outlast.ts";
import { foldFailure } from "./failure.ts";
import { FoldSteps, type StepsOptions, type Taken } from "./steps.ts";

type Progress = Extract<Taken, { kind: "seen" | "done" }>;
type Page = Omit<StepsOptions, "isSuspect" | "clock">;

/** Takes a fold through outcomes until its progress is durable. */
export async function stepOn(ctx: Context, page: Page): Promise<Progress> {
  const progress = await outlast(ctx, (begun) => progressOf(ctx, page, begun));
  return progress ?? { kind: "done", answer: { error: foldFailure(CRASHED) } };
}

// --- internal ---

const CRASHED = new TerminalError("The worker process died of it again and again.", {
  code: "TASK_CRASHED",
});

async function progressOf(ctx: Context, page: Page, begun: Begun): Promise<Tried<Progress>> {
  const { attemptCompletedSignal } = ctx.request();
  let steps: FoldSteps | undefined;
  const take = async (): Promise<Taken | null> => {
    if (!isStillHere(begun)) return null;
    if (!steps) {
      steps = new FoldSteps({ ...page, isSuspect: begun.isAlone, clock: systemClock });
      if (attemptCompletedSignal.aborted) steps.stop();
      attemptCompletedSignal.addEventListener("abort", () => steps?.stop(), { once: true });
    }
    return steps.take();
  };
  let taken = await ctx.run("step", take);
  while (taken?.kind === "still") taken = await ctx.run("step", take);
  steps?.stop();
  return taken;
}

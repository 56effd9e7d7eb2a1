import type { Context } from "@restatedev/restate-sdk";
import { TerminalError } from "../actions.ts";
import { systemClock } from "../task/executor/clock.ts";
import { isStillHere, release, type Begun } from "../task/executor/quarantine.ts";
import { mark } from "../task/mark.ts";
import { Suspects } from "../task/suspects.ts";
import { foldFailure } from "./failure.ts";
import { FoldSteps, type StepsOptions, type Taken } from "./steps.ts";

type Progress = Exclude<Taken, { kind: "still" }>;
type Page = Omit<StepsOptions, "isSuspect" | "clock">;

/**
 * Takes a fold through outcomes until its progress is durable.
 *
 * Deaths of the process are counted by marks, as for tasks: three of them while the fold runs alone in the
 * process end it.
 */
export async function stepOn(ctx: Context, page: Page): Promise<Progress> {
  const suspects = new Suspects(1);
  for (;;) {
    const { kind } = suspects.next(THE_FOLD);
    const begun = await mark(ctx, kind, ctx.request().attemptCompletedSignal);
    const progress = await progressOf(ctx, page, begun);
    if (!progress) ctx.console.warn({ died: begun.worker }, DEATH);
    const isConvicted = !progress && suspects.died(THE_FOLD, begun.isAlone).length > 0;
    if (!progress && !isConvicted) continue;
    release(ctx.request().id);
    return progress ?? { kind: "done", answer: { error: foldFailure(CRASHED) } };
  }
}

// --- internal ---

const THE_FOLD = [0];
const DEATH = "The process that ran this fold has died; its steps are taken again.";

const CRASHED = new TerminalError("The worker process died of it again and again.", {
  code: "TASK_CRASHED",
});

/** Null: the process that began is gone. */
async function progressOf(ctx: Context, page: Page, begun: Begun): Promise<Progress | null> {
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

import type { Context } from "@restatedev/restate-sdk";
import { release, type Begun } from "./executor/quarantine.ts";
import { mark } from "./mark.ts";
import { Suspects } from "./suspects.ts";

/** What a step answers whose process ends before it could: the next process takes it again. */
export const LEFT = { kind: "left" } as const;

/** What user code came to; null: the process that began it has died. */
export type Tried<Answer> = Answer | typeof LEFT | null;

/**
 * Runs user code that shares its invocation with no other until it has an answer. Deaths of the process
 * are counted by marks, as for tasks: null says that it dies of this code again and again. That a process
 * ends is no death.
 */
export async function outlast<Answer extends object>(
  ctx: Context,
  run: (begun: Begun) => Promise<Tried<Answer>>,
): Promise<Answer | null> {
  const { id, attemptCompletedSignal } = ctx.request();
  const suspects = new Suspects(1);
  for (;;) {
    const { kind } = suspects.next(THE_CODE);
    const begun = await mark(ctx, kind, attemptCompletedSignal);
    const tried = await run(begun);
    if (tried !== null && isLeft(tried)) continue;
    if (tried === null) ctx.console.warn({ died: begun.worker }, DEATH);
    const isConvicted = tried === null && suspects.died(THE_CODE, begun.isAlone).length > 0;
    if (tried === null && !isConvicted) continue;
    release(id);
    return tried;
  }
}

// --- internal ---

const THE_CODE = [0];
const DEATH = "The process that ran this code has died; it is run again.";

function isLeft(tried: object): tried is typeof LEFT {
  return "kind" in tried && tried.kind === LEFT.kind;
}

import type { Context } from "@restatedev/restate-sdk";
import { TerminalError, type AnyFold } from "../actions.ts";
import { LIMITS } from "../contract/limits.ts";
import { BLOCK } from "../job/core/dispatch.ts";
import type { FoldAnswer } from "../job/core/fold/user-fold.ts";
import type { Registry } from "../registry.ts";
import { blockKey } from "../task/chunk-spec.ts";
import { withoutGap } from "../task/record.ts";
import { jobDropped, readLines } from "../wire/calls.ts";
import { foldFailure } from "./failure.ts";
import type { FoldSpec } from "./fold-spec.ts";
import { stepOn } from "./step-on.ts";

/**
 * Takes a user's fold through a stage's outcomes, page by page, until its journal has a few MiB. Answers
 * what it came to, or how far it is: what is left is the next invocation's.
 */
export async function runFold(
  ctx: Context,
  spec: FoldSpec,
  findFold: Registry["findFold"],
): Promise<FoldAnswer | FoldSpec> {
  const fold = findFold(spec.fold) ?? unavailable(spec.fold);
  let at = spec;
  let lines: readonly string[] = [];
  let chars = 0;
  while (chars < JOURNAL_CHARS) {
    if (lines.length === 0 && at.next < at.total) {
      lines = await nextPage(ctx, at);
      if (lines.length === 0) return { error: foldFailure(`Task ${at.next} has no outcome.`) };
      chars += lines.reduce((sum, { length }) => sum + length, 0);
    }
    const step = await stepOn(ctx, { fold, spec: at, lines });
    if (step.kind === "done") return step.answer;
    at = { ...at, next: at.next + step.seen, acc: step.acc };
    lines = lines.slice(step.seen);
    chars += step.acc.length;
  }
  return at;
}

// --- internal ---

const JOURNAL_CHARS = 8 * 1024 * 1024;

/** The outcomes from `next` on, up to the end of their block, 4 MiB, or where recorded ones and others meet. */
async function nextPage(
  ctx: Context,
  { jobId, epoch, stage, next }: FoldSpec,
): Promise<readonly string[]> {
  const block = Math.floor(next / BLOCK);
  const key = blockKey(jobId, epoch, stage, block);
  const request = { from: next, limit: BLOCK, maxBytes: LIMITS.pageBytes, status: null };
  const recorded = withoutGap((await readLines(ctx, key, request)).lines, next);
  if (recorded.length > 0) return recorded;
  const range = { epoch, stage, from: next, to: (block + 1) * BLOCK };
  return withoutGap((await jobDropped(ctx, jobId, range)).lines, next);
}

/** A fold that was there at submit and is gone. */
function unavailable(name: string): AnyFold {
  const gone = () => {
    const message = `No fold "${name}" is registered with this worker.`;
    throw new TerminalError(message, { code: "ACTION_UNAVAILABLE" });
  };
  return { kind: "fold", name, init: gone, step: gone, finish: gone };
}

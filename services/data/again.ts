import type { ObjectSharedContext } from "@restatedev/restate-sdk";
import { LIMITS } from "../contract/limits.ts";
import type { EndStatus } from "../contract/task.ts";
import { lineIndex, lineStatus } from "../task/record.ts";
import type { Lines } from "../wire/lines.ts";
import type { ReadHead } from "./data.ts";
import { Newest } from "./newest.ts";
import { outcomePieces, pieceLines } from "./outcome-pieces.ts";
import { page } from "./page.ts";

/** Which tasks run again: those `from`..`to` whose newest outcome from before a generation is this. */
export interface AgainRequest {
  readonly from: number;
  readonly to: number;
  readonly before: number;
  readonly status: EndStatus;
  /** null: whichever they are */
  readonly indexes: readonly number[] | null;
}

/**
 * The outcome lines of tasks that run again, in index order, a page of them. What the generation itself has
 * recorded is not looked at: a chunk that is taken up by another runner finds the same tasks again.
 */
export async function againLines(
  ctx: ObjectSharedContext,
  request: AgainRequest,
): Promise<Lines<ReadHead>> {
  const { from, to, before } = request;
  const newest = new Newest();
  for (const { name, span } of await outcomePieces(ctx)) {
    const isAround = span.max >= from && span.min <= to;
    if (!isAround || span.generation >= before) continue;
    newest.add(span, await pieceLines(ctx, name), (index) => index >= from && index <= to);
  }
  const fitting = chosen(newest.sorted(), request);
  const lines = page(fitting, Infinity, LIMITS.pageBytes);
  return { head: { hasMore: lines.length < fitting.length }, lines };
}

// --- internal ---

function chosen(
  lines: readonly string[],
  { status, indexes }: Pick<AgainRequest, "status" | "indexes">,
): string[] {
  const named = indexes && new Set(indexes);
  return lines.filter(
    (line) => lineStatus(line) === status && (named?.has(lineIndex(line)) ?? true),
  );
}

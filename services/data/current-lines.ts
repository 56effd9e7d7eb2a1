import type { ObjectSharedContext } from "@restatedev/restate-sdk";
import { lineStatus } from "../task/record.ts";
import type { Lines } from "../wire/lines.ts";
import type { ReadHead, ReadRequest } from "./data.ts";
import { Newest } from "./newest.ts";
import { outcomePieces, pieceLines } from "./outcome-pieces.ts";
import { page } from "./page.ts";

/**
 * The current outcome lines of a block from an index on, in index order; a later generation's outcome of a
 * task stands for the earlier ones. Pieces are opened in order of their first index, and no further than
 * the page reaches.
 */
export async function currentLines(
  ctx: ObjectSharedContext,
  { from, limit, maxBytes, status }: ReadRequest,
): Promise<Lines<ReadHead>> {
  const pieces = (await outcomePieces(ctx)).filter(({ span }) => span.max >= from);
  const newest = new Newest();
  let isWhole = true;
  for (const [at, { name, span }] of pieces.entries()) {
    newest.add(span, await pieceLines(ctx, name), (index) => index >= from);
    const next = pieces[at + 1];
    if (next && isFull(newest, next.span.min, { limit, maxBytes, status })) {
      isWhole = false;
      break;
    }
  }
  const sorted = newest.sorted();
  const fitting = status ? sorted.filter((line) => lineStatus(line) === status) : sorted;
  const lines = page(fitting, limit, maxBytes);
  return { head: { hasMore: !isWhole || lines.length < fitting.length }, lines };
}

// --- internal ---

/** Whether the page is complete before index `before`, so that later pieces cannot change it. */
function isFull(
  newest: Newest,
  before: number,
  { limit, maxBytes, status }: Omit<ReadRequest, "from">,
): boolean {
  let count = 0;
  let bytes = 0;
  for (const [index, line] of newest.entries()) {
    if (index >= before || (status && lineStatus(line) !== status)) continue;
    count += 1;
    bytes += line.length;
  }
  return count >= limit || bytes >= maxBytes;
}

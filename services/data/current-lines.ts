import type { ObjectSharedContext } from "@restatedev/restate-sdk";
import { parsePiece, type PieceName } from "../task/piece.ts";
import { lineIndex, lineStatus } from "../task/record.ts";
import { textSerde, type Lines } from "../wire/lines.ts";
import type { ReadHead, ReadRequest } from "./data.ts";

/**
 * The current outcome lines of a block from an index on, in index order; a later generation's outcome of a
 * task stands for the earlier ones. Pieces are opened in order of their first index, and no further than
 * the page reaches.
 */
export async function currentLines(
  ctx: ObjectSharedContext,
  { from, limit, maxBytes, status }: ReadRequest,
): Promise<Lines<ReadHead>> {
  const pieces = (await ctx.stateKeys())
    .map((name) => ({ name, span: parsePiece(name) }))
    .filter((piece): piece is { name: string; span: PieceName } => piece.span !== null)
    .filter(({ span }) => span.max >= from)
    .sort((a, b) => a.span.min - b.span.min);

  const current = new Map<number, { rank: number; line: string }>();
  let isWhole = true;
  for (const [at, { name, span }] of pieces.entries()) {
    const text = (await ctx.get<string>(name, textSerde)) ?? "";
    const rank = span.generation * 1e9 + span.part;
    for (const line of text === "" ? [] : text.split("\n")) {
      const index = lineIndex(line);
      if (index >= from && rank >= (current.get(index)?.rank ?? -1))
        current.set(index, { rank, line });
    }
    const next = pieces[at + 1];
    if (next && isFull(current, next.span.min, { limit, maxBytes, status })) {
      isWhole = false;
      break;
    }
  }
  const sorted = [...current.entries()].sort(([a], [b]) => a - b).map(([, { line }]) => line);
  const fitting = status ? sorted.filter((line) => lineStatus(line) === status) : sorted;
  const lines = page(fitting, limit, maxBytes);
  return { head: { hasMore: !isWhole || lines.length < fitting.length }, lines };
}

// --- internal ---

/** Whether the page is complete before index `before`, so that later pieces cannot change it. */
function isFull(
  current: ReadonlyMap<number, { line: string }>,
  before: number,
  { limit, maxBytes, status }: Omit<ReadRequest, "from">,
): boolean {
  let count = 0;
  let bytes = 0;
  for (const [index, { line }] of current) {
    if (index >= before || (status && lineStatus(line) !== status)) continue;
    count += 1;
    bytes += line.length;
  }
  return count >= limit || bytes >= maxBytes;
}

function page(lines: readonly string[], limit: number, maxBytes: number): string[] {
  const taken: string[] = [];
  let bytes = 0;
  for (const line of lines.slice(0, limit)) {
    bytes += Buffer.byteLength(line);
    if (taken.length > 0 && bytes > maxBytes) break;
    taken.push(line);
  }
  return taken;
}

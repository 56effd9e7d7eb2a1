import type { Context } from "@restatedev/restate-sdk";
import { recordedPieces } from "../wire/calls.ts";
import type { ChunkLog } from "./chunk-log.ts";
import { partOf } from "./piece.ts";

/** Takes up a chunk whose runner was killed by somebody's hand: what it stored counts, the rest runs again. */
export async function restoreLog(ctx: Context, log: ChunkLog): Promise<void> {
  const { head, lines } = await recordedPieces(ctx, log.key, log.spec);
  let at = 0;
  const pieces = head.pieces.map(({ name, lines: count }) => ({
    name,
    part: partOf(name, log.spec) ?? 0,
    lines: lines.slice(at, (at += count)),
  }));
  // Above whatever the killed one may still have under way.
  const firstPart = pieces.reduce((next, { part }) => Math.max(next, part), 0) + RESUMED_PARTS;
  log.restore(pieces, head.returnedFrom, firstPart);
}

// --- internal ---

const RESUMED_PARTS = 1_000_000;

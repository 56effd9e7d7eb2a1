import type { Context } from "@restatedev/restate-sdk";
import { recordedPieces } from "../wire/calls.ts";
import type { ChunkLog } from "./chunk-log.ts";
import { partOf } from "./piece.ts";

/** Takes up a chunk whose runner was killed by somebody's hand: what it stored counts, the rest runs again. */
export async function restoreLog(ctx: Context, log: ChunkLog): Promise<void> {
  const { generation, chunk, takeovers } = log.spec;
  let lastPart = 0;
  let returnedFrom: number | null = null;
  for (let skip = 0, hasMore = true; hasMore;) {
    const { head, lines } = await recordedPieces(ctx, log.key, { generation, chunk, skip });
    let at = 0;
    for (const { name, lines: count } of head.pieces) {
      log.restore({ name, lines: lines.slice(at, (at += count)) });
      lastPart = Math.max(lastPart, partOf(name, log.spec) ?? 0);
    }
    skip += head.pieces.length;
    ({ hasMore, returnedFrom } = head);
  }
  // Above whatever the killed ones may still have under way.
  log.resume(returnedFrom, lastPart + takeovers * RESUMED_PARTS);
}

// --- internal ---

const RESUMED_PARTS = 1_000_000;

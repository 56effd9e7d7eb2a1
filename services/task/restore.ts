import type { Context } from "@restatedev/restate-sdk";
import { recordedPieces } from "../wire/calls.ts";
import type { ChunkLog } from "./chunk-log.ts";

/** Takes up a chunk whose runner was killed by somebody's hand: what it stored counts, the rest runs again. */
export async function restoreLog(ctx: Context, log: ChunkLog): Promise<void> {
  const { generation, chunk } = log.spec;
  let returnedFrom: number | null = null;
  for (let skip = 0, hasMore = true; hasMore;) {
    const { head, lines } = await recordedPieces(ctx, log.key, { generation, chunk, skip });
    let at = 0;
    for (const { name, lines: count } of head.pieces) {
      log.restore({ name, lines: lines.slice(at, (at += count)) });
    }
    skip += head.pieces.length;
    ({ hasMore, returnedFrom } = head);
  }
  log.resume(returnedFrom);
}

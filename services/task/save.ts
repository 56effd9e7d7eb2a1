import type { Context } from "@restatedev/restate-sdk";
import { putPieces } from "../wire/calls.ts";
import type { ChunkLog } from "./chunk-log.ts";
import type { Piece } from "./pieces.ts";

/** Stores what the log has gathered; with the last of it goes the chunk's entry of the timeline. */
export async function save(ctx: Context, log: ChunkLog, final: boolean): Promise<void> {
  const { generation, chunk } = log.spec;
  const puts = batches(log.flush());
  for (const [at, pieces] of puts.entries()) {
    const isLast = at === puts.length - 1;
    await putPieces(ctx, log.key, {
      head: {
        generation,
        chunk,
        pieces: pieces.map(({ name, lines }) => ({ name, lines: lines.length })),
        returnedFrom: log.returnedFrom,
        timeline: final && isLast ? log.timeline() : null,
      },
      lines: pieces.flatMap(({ lines }) => lines),
    });
  }
}

// --- internal ---

/** Far below the 32 MiB above which the server tries a message for ever. */
const PUT_CHARS = 4 * 1024 * 1024;

/** Pieces for one message each; at least one, if only for what goes with it. */
function batches(pieces: readonly Piece[]): Piece[][] {
  const result: Piece[][] = [[]];
  let chars = 0;
  for (const piece of pieces) {
    const more = piece.lines.reduce((sum, { length }) => sum + length, 0);
    if (chars > 0 && chars + more > PUT_CHARS) {
      result.push([]);
      chars = 0;
    }
    result.at(-1)!.push(piece);
    chars += more;
  }
  return result;
}

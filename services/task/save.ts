import type { Context } from "@restatedev/restate-sdk";
import { putPieces } from "../wire/calls.ts";
import type { ChunkLog } from "./chunk-log.ts";

/** Stores what the log has gathered; with the last of it goes the chunk's entry of the timeline. */
export async function save(ctx: Context, log: ChunkLog, final: boolean): Promise<void> {
  const pieces = log.flush();
  const { generation, chunk } = log.spec;
  await putPieces(ctx, log.key, {
    head: {
      generation,
      chunk,
      pieces: pieces.map(({ name, lines }) => ({ name, lines: lines.length })),
      returnedFrom: log.returnedFrom,
      timeline: final ? log.timeline() : null,
    },
    lines: pieces.flatMap(({ lines }) => lines),
  });
}

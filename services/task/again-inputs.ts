import type { Context } from "@restatedev/restate-sdk";
import { BLOCK } from "../job/core/dispatch.ts";
import type { Segment, Source } from "../job/core/segments.ts";
import { againLines } from "../wire/calls.ts";
import { blockKey } from "./chunk-spec.ts";
import type { PendingTask } from "./executor/group.ts";
import type { ChunkInputs, InputSpec } from "./inputs.ts";
import { lineIndex, lineInput, lineOrigin, lineParent } from "./record.ts";

/** Tasks that run again, and what they were given the last time. */
export async function loadAgain(
  ctx: Context,
  { jobId, epoch, stage, generation }: InputSpec,
  { first, source }: Segment & { readonly source: Extract<Source, { kind: "again" }> },
): Promise<ChunkInputs> {
  const key = blockKey(jobId, epoch, stage, Math.floor(first / BLOCK));
  const { last: to, status, indexes } = source;
  const lines = new Map<number, string>();
  let from = first;
  for (let hasMore = true; hasMore;) {
    const request = { from, to, before: generation, status, indexes };
    const page = await againLines(ctx, key, request);
    for (const line of page.lines) lines.set(lineIndex(line), line);
    ({ hasMore } = page.head);
    if (hasMore) from = lineIndex(page.lines.at(-1)!) + 1;
  }
  return {
    tasks: [...lines].map(([index, line]) => pendingTask(index, line)),
    inputOf: (index) => lineInput(lines.get(index)!),
  };
}

// --- internal ---

function pendingTask(index: number, line: string): PendingTask {
  return {
    index,
    parent: lineParent(line),
    origin: lineOrigin(line),
    attempts: 0,
    readyAt: 0,
    startedAt: null,
    spentMs: 0,
  };
}

import type { ObjectSharedContext } from "@restatedev/restate-sdk";
import { loadInputs } from "../task/inputs.ts";
import { cancelledLine } from "../task/record.ts";
import { splitSegment } from "./core/segments.ts";
import type { JobState } from "./core/state.ts";
import { droppedBetween, type Dropped } from "./dropped.ts";

/**
 * The outcomes of the first `limit` tasks of a stage with an index of `from` to `to` - 1 that a stop kept from
 * starting, as lines like those of recorded outcomes, in index order.
 */
export async function droppedLines(
  ctx: ObjectSharedContext,
  state: JobState,
  at: number,
  { from, to, limit }: { readonly from: number; readonly to: number; readonly limit: number },
): Promise<string[]> {
  const { dropped } = state.stages[at]!;
  const found = firstOf(await droppedBetween(ctx, { at, dropped }, { from, to }), limit);
  if (found.length === 0) return [];
  const { epoch, generation } = state;
  const { payload } = state.plan.stages[at]!;
  const slices = found.map(({ segment }) => segment);
  const spec = { jobId: ctx.key, epoch, generation, stage: at, slices, plan: { payload } };
  const { tasks, inputOf } = await loadInputs(ctx, spec);
  const ofTask = found.flatMap(({ of, segment }) =>
    Array.from({ length: segment.count }, () => of),
  );
  const emitted = at + 1 < state.stages.length ? 0 : null;
  return tasks.map((task, number) => {
    const { generation: cancelledIn, reason: message } = ofTask[number]!;
    const record = { ...task, generation: cancelledIn, emitted, startedAt: null, durationMs: null };
    const input = JSON.stringify(inputOf(task.index)) ?? "null";
    return cancelledLine(record, { code: "CANCELLED", message }, input);
  });
}

// --- internal ---

/** The first `limit` tasks of them. */
function firstOf(dropped: readonly Dropped[], limit: number): Dropped[] {
  const taken: Dropped[] = [];
  let room = limit;
  for (const { of, segment } of dropped) {
    if (room <= 0) break;
    const [part] = splitSegment(segment, room);
    taken.push({ of, segment: part });
    room -= part.count;
  }
  return taken;
}

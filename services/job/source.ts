import type { ObjectContext } from "@restatedev/restate-sdk";
import type { JsonObject } from "../contract/fanout.ts";
import { SOURCE } from "../contract/task.ts";
import type { ChunkSpec } from "../task/chunk-spec.ts";
import { textSerde } from "../wire/lines.ts";
import { LEAST_BEAT_MS, roomIn } from "./core/dispatch.ts";
import type { JobState } from "./core/state.ts";
import { KEYS } from "./state-keys.ts";

/** The chunk that reads a page: one task, which passes the page's items on to stage 0 and results in the next cursor. */
export async function pageSpec(
  ctx: ObjectContext,
  { epoch, generation, plan, startedAt, stages }: JobState,
  { page, chunk }: { readonly page: number; readonly chunk: number },
): Promise<ChunkSpec> {
  const { as, payload: hot, ...source } = plan.source!;
  const payload = hot ?? (await ctx.get<JsonObject>(KEYS.payload(SOURCE)));
  const cursor = await ctx.get<string>(KEYS.cursor, textSerde);
  return {
    jobId: ctx.key,
    jobStartedAt: startedAt,
    epoch,
    generation,
    stage: SOURCE,
    chunk,
    order: stages[0]!.order,
    first: page,
    size: 1,
    window: 1,
    slices: [{ first: page, count: 1, bytes: 0, source: { kind: "tasks" } }],
    plan: {
      ...source,
      payload: { ...payload, cursor: cursor === null ? null : (JSON.parse(cursor) as unknown) },
      rate: null,
      durability: "group",
      fold: "none",
    },
    next: { stage: 0, action: plan.stages[0]!.action },
    room: roomIn(stages[0]),
    isAwaited: false,
    isEager: false,
    decisive: { succeeded: null, failed: null },
    beatMs: LEAST_BEAT_MS,
    takeovers: 0,
    collects: true,
    itemsAs: as,
  };
}

/** Of the page that is next. */
export function keepCursor(ctx: ObjectContext, cursor: string): void {
  ctx.set(KEYS.cursor, cursor, textSerde);
}

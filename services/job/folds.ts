import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import { LIMITS } from "../contract/limits.ts";
import { sendFold } from "../wire/calls.ts";
import { textSerde } from "../wire/lines.ts";
import { incrementalFold, type IncrementalFold } from "./core/fold/incremental.ts";
import { userFold } from "./core/fold/user-fold.ts";
import type { JobState, StageState } from "./core/state.ts";
import { droppedBetween } from "./dropped.ts";
import { KEYS } from "./state-keys.ts";

/** Keeps results for a stage's `collect`; null: forgets what was kept. */
export async function keepCollected(
  ctx: ObjectContext,
  stage: number,
  lines: readonly string[] | null,
): Promise<void> {
  if (!lines) return ctx.clear(KEYS.collect(stage));
  const kept = await ctx.get<string>(KEYS.collect(stage), textSerde);
  ctx.set(KEYS.collect(stage), [...(kept ? [kept] : []), ...lines].join("\n"), textSerde);
}

/** Merges what a chunk's results came to into the fold of their stage. */
export async function mergeFold(
  ctx: ObjectContext,
  { plan }: JobState,
  stage: number,
  part: unknown,
): Promise<void> {
  const fold = incrementalFold(plan.stages[stage]!.fold);
  if (!fold) return;
  ctx.set(KEYS.fold(stage), fold.merge(await mergedSoFar(ctx, fold, stage), part));
}

/** Of each stage what its chunks' fold shows so far; undefined where they compute none. */
export async function foldViews(
  ctx: ObjectSharedContext,
  { plan }: JobState,
): Promise<readonly unknown[]> {
  const views: unknown[] = [];
  for (const [at, { fold }] of plan.stages.entries()) {
    const incremental = incrementalFold(fold);
    views.push(incremental?.view(await mergedSoFar(ctx, incremental, at)));
  }
  return views;
}

/** Sends a user's fold on its way through the outcomes of a stage. */
export function startFold(ctx: ObjectContext, state: JobState, stage: number): void {
  const { epoch, generation, plan, startedAt } = state;
  const { fold, timeoutMs } = plan.stages[stage]!;
  const name = userFold(fold);
  if (name === null) return;
  const { total } = state.stages[stage]!;
  const job = { jobId: ctx.key, epoch, generation, stage, startedAt };
  sendFold(ctx, { ...job, fold: name, timeoutMs, total, next: 0, acc: null });
}

/** Keeps the result of a user's fold; null: it has none. */
export function storeFolded(ctx: ObjectContext, stage: number, json: string | null): void {
  if (json === null) ctx.clear(KEYS.result(stage));
  else ctx.set(KEYS.result(stage), json, textSerde);
}

/** Turns what a stage gathered into its result. */
export async function storeResult(ctx: ObjectContext, state: JobState, at: number): Promise<void> {
  const stage = state.stages[at]!;
  const { fold } = state.plan.stages[at]!;
  const store = (json: string) => ctx.set(KEYS.result(at), json, textSerde);
  if (fold === "count") store(String(stage.succeeded));
  if (fold === "collect" && stage.collected && stage.total <= LIMITS.collectTasks) {
    store(await collectedJson(ctx, stage, at));
  }
  const incremental = incrementalFold(fold);
  if (incremental) {
    store(JSON.stringify(incremental.view(await mergedSoFar(ctx, incremental, at))));
  }
}

// --- internal ---

const EVERYTHING = { from: 0, to: Infinity };

async function mergedSoFar(
  ctx: ObjectSharedContext,
  fold: IncrementalFold,
  stage: number,
): Promise<unknown> {
  return (await ctx.get(KEYS.fold(stage))) ?? fold.partOf([]);
}

/** What `collect` kept, and the tasks that a stop kept from starting; the newest entry of a task counts. */
async function collectedJson(ctx: ObjectContext, stage: StageState, at: number): Promise<string> {
  const entries = new Map<number, string>();
  for (const { of, segment } of await droppedBetween(
    ctx,
    { at, dropped: stage.dropped },
    EVERYTHING,
  )) {
    const error = { code: "CANCELLED", message: of.reason };
    const entry = JSON.stringify({ ok: false, error });
    for (let task = 0; task < segment.count; task += 1) entries.set(segment.first + task, entry);
  }
  const kept = (await ctx.get<string>(KEYS.collect(at), textSerde)) ?? "";
  for (const line of kept.split("\n")) {
    if (line === "") continue;
    entries.set(Number.parseInt(line.slice(1), 10), line.slice(line.indexOf(",") + 1, -1));
  }
  const inOrder = [...entries].sort(([a], [b]) => a - b);
  return `[${inOrder.map(([, entry]) => entry).join()}]`;
}

import type { ObjectContext } from "@restatedev/restate-sdk";
import { beatOf, roomIn, type PlannedChunk } from "./core/dispatch.ts";
import type { Command } from "./core/command.ts";
import { isToBeListed, listedState } from "./core/listed.ts";
import { decisiveOutcomes } from "./core/policy.ts";
import { pagesNeeded, reduce, withPage, type JobEvent } from "./core/reducer.ts";
import type { Segment } from "./core/segments.ts";
import { waitingTasks, type JobState } from "./core/state.ts";
import { LIMITS } from "../contract/limits.ts";
import type { ChunkSpec } from "../task/chunk-spec.ts";
import { sendChunk, sendDirective, sendExpire } from "../wire/calls.ts";
import { keepCollected, mergeFold, startFold, storeFolded, storeResult } from "./folds.ts";
import { list } from "./list.ts";
import { keepCursor, pageSpec } from "./source.ts";
import { stopTimers } from "./timers.ts";
import { dismissWaiters } from "./events.ts";
import { logStep } from "./log-step.ts";
import { jobOutcome } from "./outcome.ts";
import { KEYS } from "./state-keys.ts";
import { tell } from "./tell.ts";

/**
 * The durable edge of a job: load, reduce, run the commands, store. The state is written once and last,
 * so that readers see whole steps.
 */
export async function step(
  ctx: ObjectContext,
  before: JobState,
  event: JobEvent,
  publicUrl: string,
): Promise<JobState> {
  const { state, commands } = reduce(await withPages(ctx, before), event);
  for (const command of commands) await run(ctx, state, command);
  logStep(ctx, event, state, commands);
  const isNews = isToBeListed(state);
  if (isNews) state.listed = { generation: state.generation, status: listedState(state) };
  ctx.set(KEYS.job, state);
  await tell(ctx, state, commands);
  if (commands.some(({ type }) => type === "job ended")) {
    await announce(ctx, state, publicUrl);
    await dismissWaiters(ctx);
  }
  if (isNews) list(ctx, state);
  return state;
}

// --- internal ---

/** An answer this short is sent to a few waiters; a longer one, or one of many, they fetch. */
const SENT_OUTCOME_BYTES = 64 * 1024;

async function withPages(ctx: ObjectContext, before: JobState): Promise<JobState> {
  let state = before;
  for (const needed of pagesNeeded(before)) {
    const key = KEYS.page(needed.stage, needed.page);
    const segments = await ctx.get<Segment[]>(key);
    state = withPage(state, needed, segments ?? []);
    ctx.clear(key);
  }
  return state;
}

async function run(ctx: ObjectContext, state: JobState, command: Command): Promise<void> {
  switch (command.type) {
    case "dispatch":
      sendChunk(ctx, chunkSpec(ctx.key, state, command.stage, command.planned));
      break;
    case "read page":
      sendChunk(ctx, await pageSpec(ctx, state, command));
      break;
    case "keep cursor":
      keepCursor(ctx, command.cursor);
      break;
    case "direct":
      sendDirective(ctx, command.invocation, command.directive);
      break;
    case "spill":
      ctx.set(KEYS.page(command.stage, command.spilled.page), command.spilled.segments);
      break;
    case "collect":
      await keepCollected(ctx, command.stage, command.lines);
      break;
    case "fold":
      await mergeFold(ctx, state, command.stage, command.part);
      break;
    case "start fold":
      startFold(ctx, state, command.stage);
      break;
    case "folded":
      storeFolded(ctx, command.stage, command.json);
      break;
    case "stage ended":
      await storeResult(ctx, state, command.stage);
      break;
    case "job ended":
      break;
  }
}

function chunkSpec(
  jobId: string,
  state: JobState,
  stage: number,
  planned: PlannedChunk,
): ChunkSpec {
  const { epoch, generation, plan, startedAt } = state;
  const { action, call, rate, shared, retry, timeoutMs, graceMs, durability, payload, fold } =
    plan.stages[stage]!;
  const next = plan.stages[stage + 1];
  const { total, collected, order } = state.stages[stage]!;
  const fed = state.stages[stage + 1];
  return {
    jobId,
    jobStartedAt: startedAt,
    epoch,
    generation,
    stage,
    order,
    ...planned,
    plan: { action, call, payload, rate, shared, retry, timeoutMs, graceMs, durability, fold },
    next: next ? { stage: stage + 1, action: next.action } : null,
    room: roomIn(fed),
    isAwaited: waitingTasks(state.stages[stage]!) > 0,
    isEager: fed?.total === 0,
    decisive: decisiveOutcomes(state.stages[stage]!, plan.stages[stage]!),
    beatMs: beatOf(state.stages[stage]!),
    takeovers: 0,
    collects: collected !== null && total <= LIMITS.collectTasks,
  };
}

/** Wakes who waits for the outcome, and sets the clock of its retention. */
async function announce(ctx: ObjectContext, state: JobState, publicUrl: string): Promise<void> {
  const waiters = (await ctx.get<string[]>(KEYS.waiters)) ?? [];
  if (waiters.length > 0) {
    const outcome = await jobOutcome(ctx, state, publicUrl);
    const bytes = Buffer.byteLength(JSON.stringify(outcome));
    const isShort = bytes <= SENT_OUTCOME_BYTES && bytes * waiters.length <= LIMITS.commitBytes;
    for (const waiter of waiters) ctx.resolveAwakeable(waiter, isShort ? outcome : null);
    ctx.clear(KEYS.waiters);
  }
  await stopTimers(ctx, state);
  const timer = sendExpire(ctx, ctx.key, state.epoch, state.plan.retentionMs);
  ctx.set(KEYS.expiry, await timer.invocationId);
}

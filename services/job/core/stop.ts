import { SOURCE } from "../../contract/task.ts";
import type { Limits } from "../../limits/core/lease.ts";
import type { Directive } from "../../task/directive.ts";
import { emptyBacklog, putBack } from "./backlog.ts";
import type { Command } from "./command.ts";
import type { PageInFlight } from "./source.ts";
import {
  begin,
  grantedTo,
  hasEnded,
  REDRIVEN,
  slotsGiven,
  type ChunkInFlight,
  type JobState,
  type StageState,
  type Stop,
} from "./state.ts";

/**
 * Stops a stage: what waits is cancelled in one write however much it is, what runs is told. It ends when
 * its chunks have given their last reports.
 */
export function stopStage(state: JobState, at: number, stop: Stop, commands: Command[]): void {
  const stage = state.stages[at]!;
  // One that is as good as ended stays what it was, unless it has still to be folded.
  if (hasEnded(stage) || (stage.stop && !isToBeFolded(stage))) return;
  stage.stop = stop;
  if (stop.as !== "SUCCEEDED") {
    // What was cut short is not folded, unless somebody has that done later.
    stage.folding = stage.folding === "running" ? "cut" : null;
    stage.foldError = null;
  }
  stage.sealed = true;
  drop(stage, state.generation);
  giveOrder(state, at, commands);
}

/** Stops everything that has not ended. The first reason stays. */
export function stopJob(state: JobState, stop: Stop, commands: Command[]): void {
  if (state.stop) return;
  state.stop = stop;
  state.isPaused = false;
  if (state.isScheduled) begin(state);
  for (const at of state.stages.keys()) {
    stopStage(state, at, { as: "CANCELLED", reason: stop.reason }, commands);
  }
}

/** Cancels the tasks of a stopped stage that no chunk has. Those that were to run again keep their outcomes. */
export function drop(stage: StageState, generation: number): void {
  for (const status of REDRIVEN) {
    const { tasks, nextPage } = stage.redriven[status];
    stage[status === "FAILED" ? "failed" : "cancelled"] += tasks;
    stage.redriven[status] = emptyBacklog(nextPage);
  }
  const { backlog } = stage;
  stage.cancelled += backlog.tasks;
  stage.backlog = emptyBacklog(backlog.nextPage);
  const last = stage.dropped.at(-1);
  // Once it is stopped, only what chunks give back: that never fills a page.
  if (last?.generation === generation) putBack(last.backlog, backlog.head);
  else stage.dropped.push({ generation, reason: stage.stop?.reason ?? "", backlog });
}

/**
 * Tells the chunks in flight of a stage, and what feeds the first one, what holds from now on; those not heard
 * of yet, when they begin.
 */
export function giveOrder(state: JobState, at: number, commands: Command[]): void {
  const stage = state.stages[at]!;
  stage.order += 1;
  for (const chunk of Object.values(stage.chunks)) tell(state, at, chunk, commands);
  const reading = at === 0 && state.source?.reading;
  if (reading) tell(state, SOURCE, reading, commands);
}

/** The order that a chunk knows which is to be told what holds, whatever it was told before. */
export const NOTHING_HEARD = -1;

/** Tells a chunk what it has not been told. */
export function tell(state: JobState, at: number, chunk: Addressee, commands: Command[]): void {
  const { order } = obeyedBy(state, at);
  const { invocation } = chunk;
  if (invocation === null || chunk.order === order) return;
  chunk.order = order;
  commands.push({ type: "direct", invocation, directive: directive(state, at, chunk) });
}

// --- internal ---

const isToBeFolded = ({ folding }: StageState) => folding === "due" || folding === "running";

type Addressee = ChunkInFlight | PageInFlight;

/** The stage whose orders hold for chunks of this one: who reads pages obeys those of stage 0. */
const obeyedBy = ({ stages }: JobState, at: number) => stages[at === SOURCE ? 0 : at]!;

function directive(state: JobState, at: number, chunk: Addressee): Directive {
  const { stop, order } = obeyedBy(state, at);
  if (stop) return { type: "stop", reason: stop.reason };
  if (state.isPaused) return { type: "pause" };
  const granted = "window" in chunk ? grantedTo(chunk) : 1;
  return { type: "yield", order, limits: limitsOf(state, at), granted };
}

/** What windows do not see to: a rate, and slots when chunks have more than they may use by now. */
function limitsOf({ plan, stages }: JobState, at: number): Limits {
  if (at === SOURCE) return { concurrency: null, rate: null };
  const { concurrency, rate } = plan.stages[at]!;
  return { concurrency: slotsGiven(stages[at]!) > concurrency ? concurrency : null, rate };
}

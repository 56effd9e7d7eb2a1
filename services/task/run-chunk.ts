import type { Context, Serde } from "@restatedev/restate-sdk";
import type { FindAction } from "../job/core/plan.ts";
import type { ChunkReport } from "../job/core/state.ts";
import { sendReport } from "../wire/calls.ts";
import { linesSerde, type Lines } from "../wire/lines.ts";
import { ChunkLog } from "./chunk-log.ts";
import type { ChunkSpec } from "./chunk-spec.ts";
import { crashedGroup } from "./crashed-group.ts";
import type { Execution } from "./executor/execution.ts";
import type { GroupHead } from "./executor/group.ts";
import { isStillHere, release, type Begun } from "./executor/quarantine.ts";
import { startExecution } from "./executor/start.ts";
import { loadInputs, type ChunkInputs } from "./inputs.ts";
import { mark } from "./mark.ts";
import { restoreLog } from "./restore.ts";
import { save } from "./save.ts";
import { Suspects, type Round } from "./suspects.ts";

/**
 * Runs a chunk to its end and answers its last report.
 *
 * A durable mark names the process before any task starts. By it a later attempt in another process knows
 * that the one before died meanwhile. After three deaths tasks run in small groups, and those of a group
 * that saw a death run alone: one that dies alone again and again ends as TASK_CRASHED.
 */
export async function runChunk(
  ctx: Context,
  spec: ChunkSpec,
  findAction: FindAction,
): Promise<ChunkReport> {
  const inputs = await loadInputs(ctx, spec);
  const log = new ChunkLog(spec);
  if (spec.isResumed) await restoreLog(ctx, log);
  const suspects = new Suspects(spec.window);

  while (!log.isDone) {
    const round = suspects.next(openTasks(inputs, log));
    const begun = await mark(ctx, round.kind);
    log.begin(begun.at);
    if (!(await hasDied(ctx, { inputs, log, round, begun, findAction }))) continue;
    const lost = round.group.filter((index) => log.isOpen(index));
    for (const index of suspects.died(lost, begun.isAlone)) {
      log.add(crashedGroup(spec, inputs, index, { begun, deaths: suspects.deaths(index) }));
    }
  }
  release(ctx.request().id);
  await save(ctx, log, true);
  return log.report(true);
}

// --- internal ---

const DIED = { died: true } as const;
type Step = Lines<GroupHead | typeof DIED>;
const stepSerde: Serde<Step> = linesSerde<GroupHead | typeof DIED>();

function openTasks(inputs: ChunkInputs, log: ChunkLog): number[] {
  return inputs.tasks.map(({ index }) => index).filter((index) => log.isOpen(index));
}

/** Runs a round to its end; true if the process that began it is gone. */
async function hasDied(
  ctx: Context,
  {
    inputs,
    log,
    round,
    begun,
    findAction,
  }: {
    readonly inputs: ChunkInputs;
    readonly log: ChunkLog;
    readonly round: Round;
    readonly begun: Begun;
    readonly findAction: FindAction;
  },
): Promise<boolean> {
  const { attemptCompletedSignal } = ctx.request();
  let execution: Execution | undefined;
  const take = async (): Promise<Step> => {
    if (!isStillHere(begun)) return { head: DIED, lines: [] };
    execution ??= startExecution({ inputs, log, round, begun, findAction, attemptCompletedSignal });
    return execution.take();
  };
  while (round.group.some((index) => log.isOpen(index))) {
    const { head, lines } = await ctx.run("commit", take, { serde: stepSerde });
    if ("died" in head) return true;
    log.add({ head, lines });
    if (head.report && !log.isDone) {
      if (log.hasUnsaved || head.returnedFrom !== null) await save(ctx, log, false);
      sendReport(ctx, log.spec.jobId, log.report(false));
    }
  }
  execution?.stop();
  return false;
}

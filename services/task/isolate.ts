import type { Context, Serde } from "@restatedev/restate-sdk";
import type { FindAction } from "../job/core/plan.ts";
import { BLOCK } from "../job/core/dispatch.ts";
import type { ChunkReport } from "../job/core/state.ts";
import { recordedPieces, sendReport } from "../wire/calls.ts";
import { linesSerde, type Lines } from "../wire/lines.ts";
import { ChunkLog } from "./chunk-log.ts";
import { blockKey, type ChunkSpec } from "./chunk-spec.ts";
import type { Execution } from "./executor/execution.ts";
import type { GroupHead } from "./executor/group.ts";
import { begin, isStillHere, release, type Begun } from "./executor/quarantine.ts";
import { startExecution } from "./executor/start.ts";
import { loadInputs } from "./inputs.ts";
import { partOf } from "./piece.ts";
import { failedLine } from "./record.ts";
import { save } from "./save.ts";
import { Suspects } from "./suspects.ts";

/**
 * Runs what is left of a chunk whose runner was killed, a few tasks at a time, with a durable mark before
 * each group. When the process is another one after a mark, it died of one of the group: those then run
 * alone, and one that dies alone again and again has an outcome, TASK_CRASHED.
 */
export async function runIsolated(
  ctx: Context,
  spec: ChunkSpec,
  findAction: FindAction,
): Promise<ChunkReport> {
  const inputs = await loadInputs(ctx, spec);
  const key = blockKey(spec.jobId, spec.epoch, spec.stage, Math.floor(spec.first / BLOCK));
  const recorded = await recordedPieces(ctx, key, spec);
  const parts = recorded.head.pieces.map(({ name }) => partOf(name, spec) ?? 0);
  const firstPart = parts.reduce((next, part) => Math.max(next, part + 1), FIRST_PART);
  const log = new ChunkLog(spec, await ctx.date.now(), firstPart);
  let at = 0;
  log.restore(
    recorded.head.pieces.map(({ name, lines }) => ({
      name,
      lines: recorded.lines.slice(at, (at += lines)),
    })),
    recorded.head.returnedFrom,
  );

  const suspects = new Suspects(spec.window);
  while (!log.isDone) {
    const open = inputs.tasks.map(({ index }) => index).filter((index) => log.isOpen(index));
    const { group, isSolo } = suspects.next(open);
    const { id, attemptCompletedSignal } = ctx.request();
    if (!isSolo) release(id);
    const begun = await ctx.run("begin", () => begin(id, isSolo, attemptCompletedSignal));
    const died = await runGroup(ctx, {
      spec,
      inputs,
      log,
      findAction,
      begun,
      only: new Set(group),
    });
    if (!died) continue;
    const lost = group.filter((index) => log.isOpen(index));
    for (const index of suspects.died(lost, begun.isAlone && isSolo)) {
      const task = inputs.tasks.find((candidate) => candidate.index === index)!;
      const message = "The worker process died of this task again and again.";
      const line = failedLine(
        {
          ...task,
          attempts: suspects.deaths(index),
          startedAt: begun.at,
          durationMs: 0,
          emitted: spec.next ? 0 : null,
          generation: spec.generation,
        },
        { code: "TASK_CRASHED", message },
        JSON.stringify(inputs.inputOf(index)),
      );
      log.add({ head: crashedHead(begun), lines: [line] });
    }
  }
  release(ctx.request().id);
  await save(ctx, log, true);
  return log.report(true);
}

// --- internal ---

/** Above every part number of a runner that was not isolated. */
const FIRST_PART = 1_000_000;

const DIED = { died: true } as const;
type Step = Lines<GroupHead | typeof DIED>;
const stepSerde: Serde<Step> = linesSerde<GroupHead | typeof DIED>();

/** Runs a group to its end; true if the process that began it has died. */
async function runGroup(
  ctx: Context,
  {
    begun,
    ...start
  }: Omit<Parameters<typeof startExecution>[0], "attemptCompletedSignal" | "log"> & {
    log: ChunkLog;
    begun: Begun;
    only: ReadonlySet<number>;
  },
): Promise<boolean> {
  const { log, only, spec } = start;
  let execution: Execution | undefined;
  while ([...only].some((index) => log.isOpen(index))) {
    const { head, lines } = await ctx.run(
      "commit",
      async (): Promise<Step> => {
        if (!isStillHere(begun)) return { head: DIED, lines: [] };
        const { attemptCompletedSignal } = ctx.request();
        const { isAlone } = begun;
        execution ??= startExecution({ ...start, attemptCompletedSignal, isAlone });
        return execution.take();
      },
      { serde: stepSerde },
    );
    if ("died" in head) return true;
    log.add({ head, lines });
    if (head.report && !log.isDone) {
      if (log.hasUnsaved) await save(ctx, log, false);
      sendReport(ctx, spec.jobId, log.report(false));
    }
  }
  execution?.stop();
  return false;
}

function crashedHead(begun: Begun): GroupHead {
  return {
    at: begun.at,
    startedAt: begun.at,
    outcomes: 1,
    passes: "results",
    worker: begun.worker,
    succeeded: 0,
    failed: 1,
    retries: [],
    taskMs: 0,
    running: 0,
    retrying: 0,
    nextRetryAt: null,
    slots: 1,
    returnedFrom: null,
    report: false,
  };
}

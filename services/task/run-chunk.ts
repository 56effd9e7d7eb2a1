import type { Context, Serde } from "@restatedev/restate-sdk";
import { taskId } from "../contract/task.ts";
import type { FindAction } from "../job/core/plan.ts";
import type { ChunkReport } from "../job/core/state.ts";
import { CommitMeter } from "../metrics/commit-meter.ts";
import { sendReport } from "../wire/calls.ts";
import { linesSerde, type Lines } from "../wire/lines.ts";
import type { ChunkLog } from "./chunk-log.ts";
import type { ChunkSpec } from "./chunk-spec.ts";
import { Control } from "./control.ts";
import { crashedGroup } from "./crashed-group.ts";
import type { AttemptSpans } from "./executor/attempt-host.ts";
import type { Execution } from "./executor/execution.ts";
import type { GroupHead } from "./executor/group.ts";
import type { Grant } from "./executor/lease.ts";
import { isStillHere, release, type Begun } from "./executor/quarantine.ts";
import { startExecution } from "./executor/start.ts";
import type { ChunkInputs } from "./inputs.ts";
import { mark } from "./mark.ts";
import { closeChunk, introduce, openChunk, type OpenChunk } from "./open-chunk.ts";
import { save } from "./save.ts";
import { Suspects, type Round } from "./suspects.ts";

/** What the process has for the chunks that it runs. */
export interface ChunkHost {
  readonly findAction: FindAction;
  /** null: nobody traces */
  readonly spans: AttemptSpans | null;
}

/**
 * Runs a chunk to its end and answers its last report.
 *
 * A durable mark names the process before any task starts. By it a later attempt in another process knows
 * that the one before died meanwhile. After three deaths tasks run in small groups, and those of a group
 * that saw a death run alone: one that dies alone again and again ends as TASK_CRASHED.
 *
 * A process that ends leaves with a group that says so, which is no death: the next one goes on.
 *
 * What the job says meanwhile is heard wherever this may wait for long.
 */
export async function runChunk(
  ctx: Context,
  spec: ChunkSpec,
  { findAction, spans }: ChunkHost,
): Promise<ChunkReport> {
  const control = new Control(ctx);
  // It starts nothing before the job has told it what it may use.
  if (spec.takeovers > 0) introduce(ctx, spec);
  const open = await openChunk(ctx, spec);
  const { inputs, log } = open;
  const suspects = new Suspects(spec.window);
  const meter = new CommitMeter(spec.plan.action);

  while (!log.isDone) {
    const left = openTasks(inputs, log);
    const next = suspects.next(left);
    // A stop starts nothing, so that all of them can end at once.
    const round = control.stopped.aborted ? { ...next, group: left } : next;
    const begun = await begin(ctx, control, round.kind);
    log.begin(begun.at);
    if (!(await hasDied(ctx, { control, open, round, begun, findAction, meter, spans }))) continue;
    const lost = round.group.filter((index) => log.isOpen(index));
    ctx.console.warn({ died: begun.worker, tasks: lost.length }, DEATH);
    for (const index of suspects.died(lost, begun.isAlone)) {
      ctx.console.error({ taskId: taskId(spec.jobId, spec.stage, index) }, CONVICTION);
      const group = crashedGroup(spec, inputs, index, { begun, deaths: suspects.deaths(index) });
      log.add(group);
      meter.convicted(group.head);
    }
  }
  release(ctx.request().id);
  const report = await closeChunk(ctx, open);
  meter.ended(log.size);
  return report;
}

// --- internal ---

const DEATH = "The process that ran this chunk has died; tasks without outcome run again.";
const CONVICTION = "A task ends as TASK_CRASHED: its process died of it again and again.";

const DIED = { died: true } as const;
type Step = Lines<GroupHead | typeof DIED>;
const stepSerde: Serde<Step> = linesSerde<GroupHead | typeof DIED>();

function openTasks(inputs: ChunkInputs, log: ChunkLog): number[] {
  return inputs.tasks.map(({ index }) => index).filter((index) => log.isOpen(index));
}

function begin(ctx: Context, control: Control, kind: Round["kind"]): Promise<Begun> {
  const { attemptCompletedSignal } = ctx.request();
  const ended = AbortSignal.any([attemptCompletedSignal, control.stopped]);
  return control.during(mark(ctx, kind, ended));
}

/** Runs a round to its end; true if the process that began it is gone. */
async function hasDied(
  ctx: Context,
  {
    control,
    open: { inputs, log, leases },
    round,
    begun,
    findAction,
    meter,
    spans,
  }: {
    readonly control: Control;
    readonly open: OpenChunk;
    readonly round: Round;
    readonly begun: Begun;
    readonly findAction: FindAction;
    readonly meter: CommitMeter;
    readonly spans: AttemptSpans | null;
  },
): Promise<boolean> {
  let execution: Execution | undefined;
  let grant: Grant | null = null;
  const take = async (): Promise<Step> => {
    if (!isStillHere(begun)) {
      meter.died();
      return { head: DIED, lines: [] };
    }
    const { directive } = control;
    execution ??= startExecution({
      inputs,
      log,
      round,
      begun,
      directive,
      findAction,
      request: ctx.request(),
      grant,
      spans,
    });
    const group = await execution.take();
    meter.taken(group.head);
    return group;
  };
  let ended = 0;
  const isOver = () => {
    while (ended < round.group.length && !log.isOpen(round.group[ended]!)) ended += 1;
    return ended === round.group.length;
  };
  while (!isOver()) {
    const commit = ctx.run("commit", take, { serde: stepSerde });
    const { head, lines } = await control.during(commit, (directive) =>
      execution?.direct(directive),
    );
    if ("died" in head) return true;
    log.add({ head, lines });
    meter.committed();
    if (head.leaves) break;
    if (head.report && !log.isDone) {
      if (log.hasUnsaved || head.returnedFrom !== null) await save(ctx, log, false);
      sendReport(ctx, log.spec.jobId, log.report(false));
    } else if (head.introduces) {
      introduce(ctx, log.spec);
    }
    grant = head.ask && !isOver() ? await leases.ask(head.ask) : null;
    if (grant) execution?.granted(grant);
  }
  execution?.stop();
  return false;
}

import type { Context } from "@restatedev/restate-sdk";
import type { ChunkReport } from "../../job/core/state.ts";
import { CommitMeter } from "../../metrics/commit-meter.ts";
import { sendReport } from "../../wire/calls.ts";
import type { ChunkLog } from "../chunk-log.ts";
import type { ChunkSpec } from "../chunk-spec.ts";
import type { Grant } from "../executor/lease.ts";
import type { Group } from "../executor/group.ts";
import type { Leases } from "../leases.ts";
import { allowedAtFirst, grantedAtFirst, limitersOf } from "../limiters.ts";
import { closeChunk, introduce, openChunk } from "../open-chunk.ts";
import { save } from "../save.ts";
import { CallExecution, type CallOptions } from "./call-execution.ts";
import { Calls } from "./calls.ts";
import type { HandlerFinder } from "./handler-finder.ts";

/**
 * Runs a chunk of a durable or remote action to its end and answers its last report: a window slides over
 * its tasks, and each attempt is one call. None of the user's code runs here, and outcomes need no steps of
 * their own: the answers to calls stand in the journal.
 */
export async function runCalls(
  ctx: Context,
  spec: ChunkSpec,
  finder: HandlerFinder,
): Promise<ChunkReport> {
  const { call, ...plan } = spec.plan;
  if (!call) throw new TypeError(`"${plan.action}" is a function action`);
  introduce(ctx, spec);
  const open = await openChunk(ctx, spec);
  const { inputs, log, leases } = open;
  const calls = new Calls(ctx, call, spec, finder);
  const meter = new CommitMeter(plan.action);
  const limitersUnder = limitersOf(spec, plan.shared);
  await runToEnd(
    ctx,
    log,
    { calls, leases, meter },
    {
      ...spec,
      plan,
      action: { name: plan.action },
      granted: grantedAtFirst(spec),
      released: 0,
      limiters: limitersUnder(allowedAtFirst(spec)),
      limitersUnder,
      tasks: inputs.tasks.filter(({ index }) => log.isOpen(index)),
      lastKnown: log.returnedFrom === null ? log.lastKnown : Number.POSITIVE_INFINITY,
      committedBytes: log.committedBytes,
      unsavedBytes: log.unsavedBytes,
      inputOf: inputs.inputOf,
      random: () => ctx.rand.random(),
    },
  );
  const report = await closeChunk(ctx, open);
  meter.ended(log.size);
  return report;
}

// --- internal ---

interface Helpers {
  readonly calls: Calls;
  readonly leases: Leases;
  readonly meter: CommitMeter;
}

async function runToEnd(
  ctx: Context,
  log: ChunkLog,
  { calls, leases, meter }: Helpers,
  options: CallOptions,
): Promise<void> {
  const { look, heard } = await calls.firstLook();
  log.begin(look.at);
  const execution = new CallExecution(options, look);
  for (const directive of heard) execution.direct(directive);
  await calls.make(execution.start());
  let grant: Grant | null = null;
  while (!log.isDone) {
    const event = await calls.next(execution, grant !== null);
    switch (event.kind) {
      case "answered":
        event.attempt.answered(event.result);
        break;
      case "heard":
        execution.direct(event.directive);
        break;
      case "looked": {
        const groups = execution.look(event.look, grant);
        if (calls.isLive) for (const { head } of groups) meter.count(head);
        grant = await take(ctx, log, leases, groups);
        break;
      }
      case "rang":
        break;
    }
    if (event.kind === "looked" || calls.isLooking) await calls.make(execution.start());
    await calls.cancel(execution.takeStopped());
  }
}

/** Takes what has ended into the log, and reports it if it is time. Gives what the limiters answered. */
async function take(
  ctx: Context,
  log: ChunkLog,
  leases: Leases,
  groups: readonly Group[],
): Promise<Grant | null> {
  let grant: Grant | null = null;
  for (const group of groups) {
    log.add(group);
    if (log.isDone) break;
    const { report, returnedFrom, ask } = group.head;
    if (report) {
      if (log.hasUnsaved || returnedFrom !== null) await save(ctx, log, false);
      sendReport(ctx, log.spec.jobId, log.report(false));
    }
    if (ask) grant = await leases.ask(ask);
  }
  return grant;
}

import type { Context } from "@restatedev/restate-sdk";
import type { ChunkReport } from "../job/core/state.ts";
import { sendBegun, sendFreed } from "../wire/calls.ts";
import { ChunkLog } from "./chunk-log.ts";
import { numbersBelow, type ChunkSpec } from "./chunk-spec.ts";
import { loadInputs, type ChunkInputs } from "./inputs.ts";
import { Leases } from "./leases.ts";
import { restoreLog } from "./restore.ts";
import { save } from "./save.ts";

/** A chunk that is being run. */
export interface OpenChunk {
  readonly inputs: ChunkInputs;
  readonly log: ChunkLog;
  readonly leases: Leases;
}

/** What every runner begins with: what was stored before counts. */
export async function openChunk(ctx: Context, spec: ChunkSpec): Promise<OpenChunk> {
  const { jobId } = spec;
  const invocation = ctx.request().id;
  const inputs = await loadInputs(ctx, spec);
  const indexes = inputs.tasks.map(({ index }) => index);
  const log = new ChunkLog(spec, { indexes, invocation });
  if (spec.takeovers > 0) await restoreLog(ctx, log);
  return { inputs, log, leases: new Leases(ctx, jobId) };
}

/** The job learns whom to tell what holds for this chunk. With a report it learns the same. */
export function introduce(ctx: Context, spec: ChunkSpec): void {
  const { jobId, epoch, generation, stage, chunk } = spec;
  const [invocation, seq] = [ctx.request().id, numbersBelow(spec)];
  sendBegun(ctx, jobId, { epoch, generation, stage, chunk, invocation, seq });
}

/** What it ends with: others get its slots, and what is stored is reported. */
export async function closeChunk(ctx: Context, { log, leases }: OpenChunk): Promise<ChunkReport> {
  const { jobId, epoch, generation, stage, chunk, isAwaited } = log.spec;
  leases.release();
  if (isAwaited) sendFreed(ctx, jobId, { epoch, generation, stage, chunk });
  await save(ctx, log, true);
  return log.report(true);
}

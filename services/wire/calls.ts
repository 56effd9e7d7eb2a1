import { serde, type Context, type RestatePromise, type Serde } from "@restatedev/restate-sdk";
import type { JsonObject } from "../contract/fanout.ts";
import type { JobHandle, TimelineChunk } from "../contract/handlers.ts";
import type { JobOutcome } from "../contract/job-outcome.ts";
import type {
  ChunkId,
  PutHead,
  ReadHead,
  ReadRequest,
  RecordedHead,
  SeedsRequest,
  Tally,
} from "../data/data.ts";
import type { FoldSpec } from "../fold/fold-spec.ts";
import type { Folded } from "../job/core/fold/user-fold.ts";
import type { ChunkReport } from "../job/core/state.ts";
import type { ChunkSpec } from "../task/chunk-spec.ts";
import { jsonSerde } from "./json.ts";
import { linesSerde, type Lines } from "./lines.ts";

/**
 * Who calls whom inside Fanfold. Only its own services stand here: a call of a name that nobody
 * registered is retried for ever.
 */

export interface SliceRequest {
  readonly slice: number;
  readonly offset: number;
  readonly count: number;
}

export interface SweepRequest {
  readonly jobId: string;
  readonly epoch: string;
  /** Data objects of each stage */
  readonly blocks: readonly number[];
  readonly stage: number;
  readonly block: number;
}

export const sendChunk = (ctx: Context, spec: ChunkSpec) =>
  send(ctx, { service: "Chunk", method: "run", parameter: spec });

export const runChunk = (ctx: Context, spec: ChunkSpec) =>
  call<ChunkReport>(ctx, { service: "Runner", method: "run", parameter: spec });

export const sendReport = (ctx: Context, jobId: string, report: ChunkReport) =>
  send(ctx, { service: "Job", key: jobId, method: "report", parameter: report });

export const jobItems = (ctx: Context, jobId: string, request: SliceRequest) =>
  call(
    ctx,
    { service: "Job", key: jobId, method: "items", parameter: request },
    linesSerde<{ as: string }>(),
  );

export const jobPayload = (ctx: Context, jobId: string, stage: number) =>
  call<JsonObject>(ctx, { service: "Job", key: jobId, method: "payload", parameter: stage });

export const submitJob = (ctx: Context, jobId: string, request: unknown) =>
  call<JobHandle>(ctx, { service: "Job", key: jobId, method: "submit", parameter: request });

export const awaitOutcome = (ctx: Context, jobId: string, request: unknown) =>
  call<JobOutcome>(ctx, { service: "Job", key: jobId, method: "outcome", parameter: request });

/** The outcome of an ended job, read anew. */
export const endedOutcome = (ctx: Context, jobId: string, epoch: string) =>
  call<JobOutcome>(ctx, { service: "Job", key: jobId, method: "ended", parameter: epoch });

export const sendWaiter = (ctx: Context, jobId: string, waiter: { id: string; leaves?: true }) =>
  send(ctx, { service: "Job", key: jobId, method: "wait", parameter: waiter });

export const sendExpire = (ctx: Context, jobId: string, epoch: string, delay: number) =>
  send(ctx, { service: "Job", key: jobId, method: "expire", parameter: epoch, delay });

export const putPieces = (ctx: Context, key: string, lines: Lines<PutHead>) =>
  ctx.genericCall({
    service: "Data",
    key,
    method: "put",
    parameter: lines,
    inputSerde: linesSerde<PutHead>(),
    outputSerde: serde.empty,
  });

export const readLines = (ctx: Context, key: string, request: ReadRequest) =>
  call(ctx, { service: "Data", key, method: "read", parameter: request }, linesSerde<ReadHead>());

export const tallyBlock = (ctx: Context, key: string, inFlight: readonly string[]) =>
  call<Tally>(ctx, { service: "Data", key, method: "tally", parameter: inFlight });

export const pieceSeeds = (ctx: Context, key: string, request: SeedsRequest) =>
  call(ctx, { service: "Data", key, method: "seeds", parameter: request }, linesSerde<null>());

export const recordedPieces = (ctx: Context, key: string, { generation, chunk }: ChunkId) =>
  call(
    ctx,
    { service: "Data", key, method: "recorded", parameter: { generation, chunk } },
    linesSerde<RecordedHead>(),
  );

export const blockTimeline = (ctx: Context, key: string) =>
  call<TimelineChunk[]>(ctx, { service: "Data", key, method: "timeline", parameter: null });

export const sendFold = (ctx: Context, spec: FoldSpec) =>
  send(ctx, { service: "Fold", method: "run", parameter: spec });

export const sendFolded = (ctx: Context, jobId: string, folded: Folded) =>
  send(ctx, { service: "Job", key: jobId, method: "folded", parameter: folded });

export const clearBlock = (ctx: Context, key: string) =>
  send(ctx, { service: "Data", key, method: "clear", parameter: null });

export const sendSweep = (ctx: Context, request: SweepRequest) =>
  send(ctx, { service: "Sweep", method: "run", parameter: request });

// --- internal ---

interface Target {
  readonly service: string;
  readonly method: string;
  readonly parameter: unknown;
  readonly key?: string;
  readonly delay?: number;
}

function call<Answer>(
  ctx: Context,
  target: Target,
  outputSerde: Serde<Answer> = jsonSerde<Answer>(),
): RestatePromise<Answer> {
  return ctx.genericCall<unknown, Answer>({ ...target, inputSerde: jsonSerde(), outputSerde });
}

function send(ctx: Context, target: Target) {
  return ctx.genericSend({ ...target, inputSerde: jsonSerde() });
}

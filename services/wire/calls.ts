import {
  InvocationIdParser,
  serde,
  type Context,
  type RestatePromise,
  type Serde,
} from "@restatedev/restate-sdk";
import type { Completion } from "../contract/completion.ts";
import type { CallErrorCode } from "../contract/errors.ts";
import type { JsonObject } from "../contract/fanout.ts";
import type { ControlAnswer, JobHandle, TimelineChunk } from "../contract/handlers.ts";
import type { JobOutcome } from "../contract/job-outcome.ts";
import type { Receiver } from "../contract/job-request.ts";
import type { Task } from "../contract/task.ts";
import type { AgainRequest } from "../data/again.ts";
import type {
  PutHead,
  ReadHead,
  ReadRequest,
  RecordedHead,
  RecordedRequest,
  SeedsRequest,
  Span,
  SpansRequest,
  Tally,
} from "../data/data.ts";
import type { BegunChunk, ChunkReport, FreedChunk } from "../job/core/state.ts";
import type { Reopening } from "../job/redrive.ts";
import type { JobTimer } from "../job/timers.ts";
import type { Notice, NoticeId } from "../job/core/notices.ts";
import type { FoldSpec } from "../fold/fold-spec.ts";
import type { Folded } from "../job/core/fold/user-fold.ts";
import type { Entry, Position } from "../listing/core/entry.ts";
import type { PartPage, PartRequest } from "../listing/core/pages.ts";
import { partOf } from "../listing/parts.ts";
import type { LeaseAnswer, LeaseRequest } from "../limits/core/lease.ts";
import type { ChunkSpec } from "../task/chunk-spec.ts";
import type { Directive } from "../task/directive.ts";
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
  /** Data objects of the source and of each stage, and which of them is next */
  readonly blocks: readonly number[];
  readonly at: number;
  readonly block: number;
}

/** A receiver of one job, and the end that it hears of. */
export interface NoticePlace extends NoticeId {
  readonly jobId: string;
  readonly epoch: string;
}

export interface NoticeRequest extends NoticePlace {
  readonly receiver: Receiver;
}

/** `follows`: the job that runs the action which is the receiver. */
export interface FollowRequest extends NoticePlace {
  readonly follows: string;
}

export type CompletionRequest = Omit<NoticePlace, "jobId" | "n">;
export type NoticeReport = Omit<NoticePlace, "jobId"> & Notice;

/** What the private handler of a durable action is called with. */
export interface DurableTask {
  readonly epoch: string;
  readonly task: Task;
}

/** What a task of a durable action says of the job. */
export interface TaskProgress {
  readonly epoch: string;
  readonly generation: number;
  readonly text: string;
}

/** Wake this awakeable when the event has been raised. */
export interface EventWaiter {
  readonly name: string;
  readonly awakeable: string;
}

/** What a waiter gets: the payload, or why there will be none. */
export type Woken<Payload = unknown> =
  | { readonly ok: true; readonly payload: Payload }
  | { readonly ok: false; readonly code: CallErrorCode; readonly message: string };

export interface WakeRequest {
  readonly epoch: string;
  readonly name: string;
}

export const sendChunk = (ctx: Context, spec: ChunkSpec) =>
  send(ctx, { service: "Chunk", method: "run", parameter: spec });

export const runChunk = (ctx: Context, spec: ChunkSpec) => {
  const method = spec.plan.call ? "call" : "run";
  return call<ChunkReport>(ctx, { service: "Runner", method, parameter: spec });
};

export const sendReport = (ctx: Context, jobId: string, report: ChunkReport) =>
  send(ctx, { service: "Job", key: jobId, method: "report", parameter: report });

export const sendBegun = (ctx: Context, jobId: string, begun: BegunChunk) =>
  send(ctx, { service: "Job", key: jobId, method: "begun", parameter: begun });

export const sendFreed = (ctx: Context, jobId: string, freed: FreedChunk) =>
  send(ctx, { service: "Job", key: jobId, method: "freed", parameter: freed });

/** To the runner of a chunk, which may have ended. */
export const sendDirective = (ctx: Context, invocationId: string, directive: Directive) =>
  ctx
    .invocation(InvocationIdParser.fromString(invocationId))
    .signal(CONTROL, jsonSerde<Directive>())
    .resolve(directive);

/** The next directive to this invocation. */
export const hearDirective = (ctx: Context) => ctx.signal(CONTROL, jsonSerde<Directive>());

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

/** Submits a job and waits for its end, however long that takes; it is cancelled with the caller. */
export const runSubJob = (ctx: Context, request: unknown) =>
  call<JobOutcome>(ctx, { service: "Jobs", method: "runSubJob", parameter: request });

export const sendCancel = (ctx: Context, jobId: string, reason: string) =>
  send(ctx, { service: "Job", key: jobId, method: "cancel", parameter: { reason } });

export const sendProgress = (ctx: Context, jobId: string, progress: TaskProgress) =>
  send(ctx, { service: "Job", key: jobId, method: "progress", parameter: progress });

/** The outcome of an ended job, read anew. */
export const endedOutcome = (ctx: Context, jobId: string, epoch: string) =>
  call<JobOutcome>(ctx, { service: "Job", key: jobId, method: "ended", parameter: epoch });

/** Who waits for a job's end: an awakeable, or one that waits no longer. */
export interface Waiter {
  readonly epoch: string;
  readonly id: string;
  readonly leaves?: true;
}

export const sendWaiter = (ctx: Context, jobId: string, waiter: Waiter) =>
  send(ctx, { service: "Job", key: jobId, method: "wait", parameter: waiter });

export const sendExpire = (ctx: Context, jobId: string, epoch: string, delay: number) =>
  send(ctx, { service: "Job", key: jobId, method: "expire", parameter: epoch, delay });

export const sendTimer = (ctx: Context, jobId: string, timer: JobTimer, delay: number) =>
  send(ctx, { service: "Job", key: jobId, method: "timer", parameter: timer, delay });

export const reopenJob = (ctx: Context, jobId: string, request: Reopening) =>
  call<ControlAnswer>(ctx, { service: "Job", key: jobId, method: "reopen", parameter: request });

export const blockSpans = (ctx: Context, key: string, request: SpansRequest) =>
  call<Span[]>(ctx, { service: "Data", key, method: "spans", parameter: request });

export const sendNotice = (ctx: Context, request: NoticeRequest) =>
  send(ctx, { service: "Notify", method: "deliver", parameter: request });

export const sendFollow = (ctx: Context, request: FollowRequest) =>
  send(ctx, { service: "Notify", method: "follow", parameter: request });

/** What a receiver is told; null if a later generation has begun. */
export const jobCompletion = (ctx: Context, { jobId, epoch, generation, stage }: NoticePlace) => {
  const parameter: CompletionRequest = { epoch, generation, stage };
  return call<Completion | null>(ctx, {
    service: "Job",
    key: jobId,
    method: "completion",
    parameter,
  });
};

export const sendNotified = (
  ctx: Context,
  { jobId, epoch, generation, stage, n }: NoticePlace,
  progress: Omit<Notice, keyof NoticeId>,
) => {
  const parameter: NoticeReport = { epoch, generation, stage, n, ...progress };
  return send(ctx, { service: "Job", key: jobId, method: "notified", parameter });
};

export const sendEventWaiter = (ctx: Context, jobId: string, waiter: EventWaiter) =>
  send(ctx, { service: "Job", key: jobId, method: "awaitEvent", parameter: waiter });

export const sendWake = (ctx: Context, jobId: string, request: WakeRequest) =>
  send(ctx, { service: "Job", key: jobId, method: "wake", parameter: request });

export interface DroppedRequest {
  readonly epoch: string;
  readonly stage: number;
  readonly from: number;
  readonly to: number;
}

/** Outcome lines of tasks that a stop kept from starting. */
export const jobDropped = (ctx: Context, jobId: string, request: DroppedRequest) =>
  call(
    ctx,
    { service: "Job", key: jobId, method: "dropped", parameter: request },
    linesSerde<null>(),
  );

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

export const againLines = (ctx: Context, key: string, request: AgainRequest) =>
  call(ctx, { service: "Data", key, method: "again", parameter: request }, linesSerde<ReadHead>());

export const tallyBlock = (ctx: Context, key: string, inFlight: readonly string[]) =>
  call<Tally>(ctx, { service: "Data", key, method: "tally", parameter: inFlight });

export const pieceSeeds = (ctx: Context, key: string, request: SeedsRequest) =>
  call(ctx, { service: "Data", key, method: "seeds", parameter: request }, linesSerde<null>());

export const recordedPieces = (ctx: Context, key: string, parameter: RecordedRequest) =>
  call(ctx, { service: "Data", key, method: "recorded", parameter }, linesSerde<RecordedHead>());

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

export const sendListed = (ctx: Context, entry: Entry) =>
  send(ctx, { service: "Listing", key: partOf(entry.jobId), method: "put", parameter: entry });

export const sendUnlisted = (ctx: Context, { jobId, submittedAt }: Position) => {
  const parameter: Position = { jobId, submittedAt };
  return send(ctx, { service: "Listing", key: partOf(jobId), method: "remove", parameter });
};

export const readListed = (ctx: Context, part: string, request: PartRequest) =>
  call<PartPage>(ctx, { service: "Listing", key: part, method: "read", parameter: request });

export const askLimiter = (ctx: Context, key: string, request: LeaseRequest) =>
  call<LeaseAnswer>(ctx, { service: "Limiter", key, method: "lease", parameter: request });

/** Says it without waiting for the answer. */
export const tellLimiter = (ctx: Context, key: string, request: LeaseRequest) =>
  send(ctx, { service: "Limiter", key, method: "lease", parameter: request });

export const forgetLimiter = (ctx: Context, key: string) =>
  send(ctx, { service: "Limiter", key, method: "forget", parameter: null });

export const expireLimiter = (ctx: Context, key: string, delay: number) =>
  send(ctx, { service: "Limiter", key, method: "expire", parameter: null, delay });

// --- internal ---

const CONTROL = "control";

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

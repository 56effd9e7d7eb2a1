import type {
  AppendAnswer,
  CancelRequest,
  ControlAnswer,
  EventRequest,
  RedriveRequest,
  SetLimitsRequest,
  TimelineChunk,
  TimelinePage,
  VerifyAnswer,
  WhyAnswer,
} from "../../services/contract/handlers.ts";
import type { JobStatus } from "../../services/contract/job-status.ts";
import { appendItems, type AppendOptions } from "./append.ts";
import type { Ask } from "./ask.ts";
import type { CallOptions, Repetition } from "./ingress.ts";
import type { Field } from "./job-spec.ts";
import { awaitOutcome, type OutcomeOf } from "./outcome.ts";
import { readResults, type Results, type ResultsOptions } from "./results.ts";
import { watchJob, type WatchOptions } from "./watch.ts";

/**
 * One job. What only reads, or changes nothing the second time, is sent again when the connection is lost;
 * `append`, `watch`, `results` and `outcome` outlast an outage of any length. `redrive` and `purge` are not
 * sent twice: look at `status` when their answer was lost.
 */
export interface Job<Input = unknown, Result = unknown, Whole = unknown> extends AnyJob {
  /**
   * Adds a task for each item, in order, in calls of many items, and waits while the job has no room.
   * `accepted` counts the items, `total` the tasks of the stage.
   */
  append<const As extends string = "item">(
    items: Iterable<Field<Input, As>> | AsyncIterable<Field<Input, As>>,
    options?: AppendOptions<As>,
  ): Promise<AppendAnswer>;
  /** Waits for the end of the job, however long it takes. */
  outcome(options?: CallOptions): Promise<OutcomeOf<Whole>>;
  /** What became of the tasks of the last stage. */
  results(options?: ResultsOptions & { readonly stage?: never }): Results<Result>;
  /** What became of the tasks of a stage. */
  results(options: ResultsOptions): Results;
}

/** A job whatever its types. */
export interface AnyJob {
  readonly id: string;
  append(
    items: Iterable<never> | AsyncIterable<never>,
    options?: AppendOptions,
  ): Promise<AppendAnswer>;
  /** Says that no more will be appended. */
  seal(options?: CallOptions): Promise<ControlAnswer>;
  status(options?: CallOptions): Promise<JobStatus>;
  /** A status every second until the job has ended; that one is the last. */
  watch(options?: WatchOptions): AsyncGenerator<JobStatus, void>;
  outcome(options?: CallOptions): Promise<OutcomeOf<unknown>>;
  results(options?: ResultsOptions): Results;
  /** The chunks in which the tasks of a stage were run; by default of the last. */
  timeline(options?: TimelineOptions): AsyncGenerator<TimelineChunk, void>;
  /** What the job waits for. */
  why(options?: CallOptions): Promise<WhyAnswer>;
  /** Counts anew, from what was recorded of each task. */
  verify(options?: CallOptions): Promise<VerifyAnswer>;
  pause(options?: CallOptions): Promise<ControlAnswer>;
  resume(options?: CallOptions): Promise<ControlAnswer>;
  cancel(request?: CancelRequest, options?: CallOptions): Promise<ControlAnswer>;
  setLimits(request: SetLimitsRequest, options?: CallOptions): Promise<ControlAnswer>;
  /** Runs tasks of an ended job again. */
  redrive(request: RedriveRequest, options?: CallOptions): Promise<ControlAnswer>;
  raiseEvent(request: EventRequest, options?: CallOptions): Promise<ControlAnswer>;
  /** Null takes the text away. */
  setCustomStatus(text: string | null, options?: CallOptions): Promise<ControlAnswer>;
  /** Forgets an ended job. */
  purge(options?: CallOptions): Promise<ControlAnswer>;
}

export interface TimelineOptions extends CallOptions {
  readonly stage?: number;
}

export function openJob<Input, Result, Whole>(id: string, ask: Ask): Job<Input, Result, Whole> {
  const control = (
    handler: string,
    request: unknown,
    { signal }: CallOptions = {},
    repetition: Repetition = "repeatable",
  ) => ask<ControlAnswer>(handler, { body: JSON.stringify(request), repetition, signal });

  const controlOnce = async (handler: string, request: unknown, options: CallOptions = {}) => {
    // Finds an address that answers: this may be repeated.
    await ask("status", options);
    return control(handler, request, options, "once");
  };

  return {
    id,
    append: (items, options = {}) => appendItems(ask, items, options),
    seal: (options) => control("seal", {}, options),
    status: ({ signal } = {}) => ask("status", { signal }),
    watch: (options = {}) => watchJob(ask, options),
    outcome: (options = {}) => awaitOutcome(ask, options),
    results: (options: ResultsOptions = {}) => readResults<Result>(ask, options),
    timeline: (options = {}) => readTimeline(ask, options),
    why: ({ signal } = {}) => ask("why", { signal }),
    verify: ({ signal } = {}) => ask("verify", { signal }),
    pause: (options) => control("pause", {}, options),
    resume: (options) => control("resume", {}, options),
    cancel: (request = {}, options) => control("cancel", request, options),
    setLimits: (request, options) => control("setLimits", request, options),
    redrive: (request, options) => controlOnce("redrive", request, options),
    raiseEvent: (request, options) => control("raiseEvent", request, options),
    setCustomStatus: (text, options) => control("setCustomStatus", { text }, options),
    purge: (options) => controlOnce("purge", {}, options),
  };
}

// --- internal ---

async function* readTimeline(
  ask: Ask,
  { stage, signal }: TimelineOptions,
): AsyncGenerator<TimelineChunk, void> {
  let cursor: string | null = null;
  do {
    const body = JSON.stringify({ stage, cursor });
    const page: TimelinePage = await ask<TimelinePage>("timeline", { body, signal });
    yield* page.chunks;
    ({ cursor } = page);
  } while (cursor !== null);
}

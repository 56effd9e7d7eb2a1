import { createHash } from "node:crypto";
import { durationMs } from "../../contract/duration.ts";
import type { JsonObject } from "../../contract/fanout.ts";
import type {
  FailurePolicy,
  Fold,
  JobRequest,
  Limits as LimitsRequest,
  Stage,
} from "../../contract/job-request.ts";
import type { DefinedAction } from "../../registry.ts";
import { callTarget, type CallTarget } from "./call-target.ts";
import { countReceivers, type Receivers } from "./notices.ts";
import type { Limits } from "../../limits/core/lease.ts";
import type { RatePlan } from "../../limits/core/starts.ts";

/** How failed attempts are tried again; intervals in milliseconds. */
export interface RetryPlan {
  readonly maxAttempts: number;
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
  readonly jitter: boolean;
}

/** One stage with every option decided: stage before job before action before default. */
export interface StagePlan {
  readonly action: string;
  /** null: a function action, which runs in its chunk */
  readonly call: CallTarget | null;
  /** null: too long to be read at each step, stored on its own */
  readonly payload: JsonObject | null;
  readonly concurrency: number;
  readonly rate: RatePlan | null;
  /** what the action allows all jobs together, as of submit: chunks are cut to fit */
  readonly shared: Limits | null;
  readonly retry: RetryPlan;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly durability: "group" | "task";
  readonly policy: FailurePolicy;
  /** so many succeeded tasks end the stage; null: all of them run */
  readonly succeedAfter: number | null;
  readonly fold: Fold;
}

/** How pages of a dynamic fan-out are read. */
export interface SourcePlan extends Pick<
  StagePlan,
  "action" | "call" | "shared" | "payload" | "retry" | "timeoutMs" | "graceMs"
> {
  /** the input field that an item arrives in */
  readonly as: string;
}

export interface JobPlan {
  readonly stages: readonly StagePlan[];
  /** null: the fan-out is not a dynamic one */
  readonly source: SourcePlan | null;
  readonly open: boolean;
  readonly delayMs: number;
  /** of each generation */
  readonly deadlineMs: number | null;
  /** when an open job that nobody feeds or seals is overdue, and what happens then */
  readonly sealByMs: number;
  readonly sealPolicy: "fail" | "seal";
  readonly retentionMs: number;
  readonly labels: Readonly<Record<string, string>>;
  /** how many are told of ends; who they are is stored on its own */
  readonly receivers: number;
}

export type FindAction = (name: string) => DefinedAction | undefined;

/** The stages of a request in their one normal form. */
export function stagesOf(request: JobRequest): readonly Stage[] {
  const chain: readonly (string | Stage)[] = request.actionChain ?? [
    request.action as string,
    ...(request.nextActions ?? []),
  ];
  return chain.map((stage) => (typeof stage === "string" ? { action: stage } : stage));
}

/** Decides every option of a job. */
export function planJob(request: JobRequest, findAction: FindAction): JobPlan {
  const receivers = countReceivers(receiversOf(request));
  const retentionMs = durationMs(request.retention ?? "24h");
  return {
    stages: stagesOf(request).map((stage) => planStage(request, stage, findAction(stage.action))),
    source: planSource(request, findAction),
    open: request.open ?? false,
    delayMs: durationMs(request.delay ?? 0),
    deadlineMs: request.deadline == null ? null : durationMs(request.deadline),
    sealByMs: durationMs(request.sealBy ?? "24h"),
    sealPolicy: request.sealPolicy ?? "fail",
    // What is told is read from the ended job.
    retentionMs: receivers > 0 ? Math.max(retentionMs, TELLING_MS) : retentionMs,
    labels: request.labels ?? {},
    receivers,
  };
}

/** Who is told of the job's end and of each stage's. */
export function receiversOf(request: JobRequest): Receivers {
  return {
    job: request.onComplete ?? [],
    stages: stagesOf(request).map(({ onComplete = [] }) => onComplete),
  };
}

/** Every action that tasks of a request run, where it stands, and the timeout given there. */
export function actionsIn(request: JobRequest) {
  const { from } = request.fanout ?? {};
  return [
    ...(from ? [{ name: from.action, path: "fanout.from", timeout: undefined }] : []),
    ...stagesOf(request).map(({ action: name, timeout }, at) => {
      return { name, path: `stage ${at}`, timeout };
    }),
  ];
}

/** What an action allows all jobs together; null: it has no limits. */
export function sharedLimits(action: Pick<DefinedAction, "limits"> | undefined): Limits | null {
  const { concurrency = null, rate } = action?.limits ?? {};
  return concurrency === null && !rate ? null : { concurrency, rate: ratePlan(rate) };
}

/** Equal for requests that mean the same: key order, spelling of durations and of chains do not count. */
export function requestHash(request: JobRequest): string {
  const { action: _action, nextActions: _next, actionChain: _chain, fanout, ...rest } = request;
  const said = Object.entries(rest).filter(([, value]) => value !== undefined);
  return digest({
    ...DEFAULTS,
    ...Object.fromEntries(said),
    fanout: normalFanout(fanout),
    stages: stagesOf(request),
  });
}

/** Of a request or a part of one. */
export function digest(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("base64url");
}

/** The request as outcomes repeat it: long item lists become `{ count }`. */
export function requestEcho(request: JobRequest): unknown {
  const foreach = request.fanout?.foreach;
  if (!foreach || foreach.items.length <= ECHOED_ITEMS) return request;
  return {
    ...request,
    fanout: { foreach: { ...foreach, items: { count: foreach.items.length } } },
  };
}

/** A rate with its durations in milliseconds; null: none. */
export function ratePlan(rate: LimitsRequest["rate"]): RatePlan | null {
  return rate ? { tasks: rate.tasks, perMs: durationMs(rate.per) } : null;
}

// --- internal ---

const ECHOED_ITEMS = 10;
/** About as long as the attempts to deliver one webhook take. */
const TELLING_MS = 600_000;

/** Of fields that no action's definition has a say in: to write them out changes nothing. */
const DEFAULTS = {
  payload: {},
  open: false,
  deadline: null,
  delay: 0,
  failurePolicy: "complete-all",
  succeedAfter: null,
  fold: "collect",
  onComplete: [],
  retention: "24h",
  labels: {},
};

function normalFanout({ foreach, range, from, ...other }: NonNullable<JobRequest["fanout"]> = {}) {
  return {
    ...other,
    ...(foreach ? { foreach: { as: "item", ...foreach } } : {}),
    ...(range ? { range: { as: "item", step: 1, ...range } } : {}),
    ...(from ? { from: { as: "item", payload: {}, ...from } } : {}),
  };
}

function planStage(
  request: JobRequest,
  stage: Stage,
  action: DefinedAction | undefined,
): StagePlan {
  return {
    action: stage.action,
    call: callTarget(stage.action, action),
    payload: { ...request.payload, ...stage.payload },
    concurrency: stage.limits?.concurrency ?? request.limits?.concurrency ?? 100,
    rate: ratePlan(stage.limits?.rate === undefined ? request.limits?.rate : stage.limits.rate),
    shared: sharedLimits(action),
    ...planAttempts(request, stage, action),
    durability: (action?.kind === "function" && action.durability) || "group",
    policy: stage.failurePolicy ?? request.failurePolicy ?? "complete-all",
    succeedAfter:
      (stage.succeedAfter === undefined ? request.succeedAfter : stage.succeedAfter) ?? null,
    fold: stage.fold ?? request.fold ?? "collect",
  };
}

/** Options of a stage are not its source's. */
function planSource(request: JobRequest, findAction: FindAction): SourcePlan | null {
  const { from } = request.fanout ?? {};
  if (!from) return null;
  const { action, payload = {}, as = "item" } = from;
  const found = findAction(action);
  return {
    action,
    call: callTarget(action, found),
    shared: sharedLimits(found),
    payload,
    as,
    ...planAttempts(request, { action }, found),
  };
}

function planAttempts(
  request: JobRequest,
  stage: Stage,
  action: DefinedAction | undefined,
): Pick<StagePlan, "retry" | "timeoutMs" | "graceMs"> {
  const retry = { ...action?.retry, ...request.retry, ...stage.retry };
  return {
    retry: {
      maxAttempts: retry.maxAttempts ?? 3,
      initialMs: durationMs(retry.initialInterval ?? "200ms"),
      maxMs: durationMs(retry.maxInterval ?? "10s"),
      factor: retry.factor ?? 2,
      jitter: retry.jitter ?? true,
    },
    timeoutMs: durationMs(stage.timeout ?? request.timeout ?? action?.timeout ?? "15m"),
    graceMs: durationMs(stage.cancelGrace ?? request.cancelGrace ?? action?.cancelGrace ?? "10s"),
  };
}

const DURATIONS = new Set([
  "sealBy",
  "deadline",
  "delay",
  "retention",
  "timeout",
  "cancelGrace",
  "initialInterval",
  "maxInterval",
  "per",
]);

/** JSON with sorted keys and durations in milliseconds; user data (items, payloads) keeps its spelling. */
function canonical(value: unknown, key = "", isData = false): string {
  if (!isData && DURATIONS.has(key) && typeof value === "string") return String(durationMs(value));
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, "", isData)).join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => {
      const data = isData || name === "payload" || name === "items" || name === "labels";
      return `${JSON.stringify(name)}:${canonical(field, name, data)}`;
    });
  return `{${entries.join()}}`;
}

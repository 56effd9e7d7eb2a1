import type { z } from "zod";
import { isOwnService, OWN_SERVICES } from "./wire/names.ts";
import type { Fanout } from "./contract/fanout.ts";
import type { Duration } from "./contract/duration.ts";
import { Limits, type Retry } from "./contract/job-request.ts";
import type { Task, TaskOutcome } from "./contract/task.ts";

/** What an action is handed beside its task. */
export interface ActionContext {
  /** Aborted when the attempt has timed out or its worker gives it up. */
  readonly signal: AbortSignal;
  /** Writes one line to the worker's log, with the task's id and attempt. */
  readonly log: (message: string) => void;
  /** Says how far it is, in the job's `customStatus`: within about a second, the newest text counts. */
  readonly progress: (text: string) => void;
}

/** What every action may say of itself. `Given` is the input as JSON, before its schema has read it. */
export interface ActionSettings<Input, Output, Given = unknown> {
  /** `[A-Za-z][A-Za-z0-9_.-]{0,63}` */
  readonly name: string;
  /** Reads each task's input; one that does not fit ends its task as INVALID_INPUT. */
  readonly input?: z.ZodType<Input, Given>;
  /** Checks each result; one that does not fit ends its task as INVALID_OUTPUT. */
  readonly output?: z.ZodType<Output>;
  readonly retry?: Retry;
  /** Shared by every job that runs the action: attempts that run at once, and attempts started. */
  readonly limits?: Limits;
  /** Of one attempt; of a function action at most 6 h. Default 15 minutes. */
  readonly timeout?: Duration;
  /** How long code that was asked to stop is waited for. Default 10 s. */
  readonly cancelGrace?: Duration;
}

export interface ActionOptions<Input, Output, Given = unknown> extends ActionSettings<
  Input,
  Output,
  Given
> {
  /** `"group"` (default) commits outcomes together; `"task"` each on its own. */
  readonly durability?: "group" | "task";
  readonly run: (
    task: Task<Input>,
    context: ActionContext,
  ) => Promise<Output | Emitted<Output>> | Output | Emitted<Output>;
}

/** A named unit of work: a plain function that is run for every task of a stage. */
export interface Action<Input = unknown, Output = unknown, Given = Input> extends ActionOptions<
  Input,
  Output,
  Given
> {
  readonly kind: "function";
}

/** An action whatever its input and output, as a registry holds it. */
export type AnyAction = Pick<
  Action,
  | "kind"
  | "name"
  | "input"
  | "output"
  | "retry"
  | "limits"
  | "timeout"
  | "cancelGrace"
  | "durability"
> & {
  run(task: Task<never>, context: ActionContext): unknown;
};

/** Defines a function action. What it returns must fit `output`, if that is given. */
export function action<Input = unknown, Output = unknown, Given = Input>(
  options: ActionOptions<Input, NoInfer<Output>, Given> & { readonly output: z.ZodType<Output> },
): Action<Input, Output, Given>;
export function action<Input = unknown, Output = unknown, Given = Input>(
  options: ActionOptions<Input, Output, Given> & { readonly output?: never },
): Action<Input, Output, Given>;
export function action<Input, Output, Given>(
  options: ActionOptions<Input, Output, Given>,
): Action<Input, Output, Given> {
  checkSettings(options);
  return { ...options, kind: "function" };
}

export interface FoldOptions<Acc, Result> {
  /** `[A-Za-z][A-Za-z0-9_.-]{0,63}` */
  readonly name: string;
  /** What the first step is given, or a function that makes it. */
  readonly init: Acc | (() => Acc);
  /** Takes one outcome in, FAILED and CANCELLED ones too. A step that a crash has undone runs again. */
  readonly step: (acc: Acc, outcome: TaskOutcome) => NoInfer<Acc> | Promise<NoInfer<Acc>>;
  /** Turns what the last step returned into the result; without it that is the result. */
  readonly finish?: (acc: NoInfer<Acc>) => Result | Promise<Result>;
}

/** A user's own way to fold a stage: an accumulator is carried through all of its outcomes. */
export interface UserFold<Acc = unknown, Result = unknown> extends FoldOptions<Acc, Result> {
  readonly kind: "fold";
}

/** A fold whatever it accumulates, as a registry holds it. */
export type AnyFold = Pick<UserFold, "kind" | "name"> & {
  readonly init: unknown;
  step(acc: never, outcome: TaskOutcome): unknown;
  finish?(acc: never): unknown;
};

/**
 * Defines a fold, for `"fold": { "action": name }`: after a stage has ended its outcomes go through `step`
 * one by one, in index order. The accumulator is written as JSON now and then, at most 1 MiB: what JSON
 * cannot write, such as a Map or a Date, does not last.
 *
 * @example
 * fold({ name: "total", init: 0, step: (sum, { result }) => sum + Number(result ?? 0) });
 */
export function fold<Acc, Result = Acc>(options: FoldOptions<Acc, Result>): UserFold<Acc, Result> {
  checkName("a fold", options.name);
  return { ...options, kind: "fold" };
}

/** What `emit` returns: a result together with the tasks it gives to the next stage. */
export interface Emitted<Output> {
  readonly $emit: { readonly result: Output; readonly fanout: EmittedFanout | null };
}
export type EmittedFanout = Omit<Fanout, "from">;

/**
 * Returns `result` and passes a fan-out of one's own to the next stage; null passes nothing on.
 * In a job's last stage the fan-out is ignored.
 *
 * @example return emit({ sent: 3 }, { foreach: { items: recipients } });
 */
export function emit<Output>(result: Output, fanout: EmittedFanout | null): Emitted<Output> {
  return { $emit: { result, fanout } };
}

/** Throw it to fail a task for good: it is not tried again. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
  readonly code: string | undefined;

  constructor(message: string, options: { code?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = options.code;
  }
}

/** Throw it to have a task tried again, after `retryAfter` if given; any other error is retried too. */
export class RetryableError extends Error {
  override readonly name = "RetryableError";
  readonly code: string | undefined;
  readonly retryAfter: Duration | undefined;

  constructor(
    message: string,
    options: { code?: string; retryAfter?: Duration; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = options.code;
    this.retryAfter = options.retryAfter;
  }
}

/** Throws a TypeError that says which setting of an action is wrong. */
export function checkSettings({ name, limits }: { name: string; limits?: Limits }): void {
  checkName("an action", name);
  checkLimits(name, limits);
}

// --- internal ---

const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

function checkName(what: string, name: string): void {
  if (NAME.test(name) && !isOwnService(name)) return;
  throw new TypeError(
    `${what}'s name must match ${NAME.source} and be none of ${OWN_SERVICES.join(", ")}, openapi or restate…, got "${name}"`,
  );
}

function checkLimits(name: string, limits: Limits = {}): void {
  const { error } = Limits.safeParse(limits);
  const [issue] = error?.issues ?? [];
  if (!issue) return;
  const place = ["limits", ...issue.path].join(".");
  throw new TypeError(`${place} of action "${name}" is wrong: ${issue.message}`);
}

import type { ActionContext, AnyAction } from "../../actions.ts";
import { Duration, durationMs } from "../../contract/duration.ts";
import type { OutcomeErrorCode } from "../../contract/errors.ts";
import { LIMITS } from "../../contract/limits.ts";
import type { Task, TaskError } from "../../contract/task.ts";
import { isTooDeep } from "../../wire/depth.ts";
import { emissionLines } from "../emission.ts";
import { jsonText, TOO_DEEP } from "./json-text.ts";
import { readThrown } from "./thrown.ts";
import { currentCode, type UserCode } from "./user-code.ts";

/** What one attempt came to: texts ready to be stored, or an error. */
export type AttemptResult =
  | { ok: true; json: string; emission: string[] | null; emitted: number | null }
  | { ok: false; error: TaskError; isFinal: boolean; retryAfterMs: number | null };

/** One call of user code. Whatever it does, `settled` is called once; what comes later is ignored. */
export class Attempt implements UserCode {
  readonly task: Task;
  readonly startedAt: number;
  readonly #action: AnyAction;
  readonly #settled: (result: AttemptResult) => void;
  readonly #progress: (text: string) => void;
  #abort: AbortController | undefined;
  #isSettled = false;
  #isTimedOut = false;

  constructor(
    action: AnyAction,
    task: Task,
    startedAt: number,
    settled: (result: AttemptResult) => void,
    progress: (text: string) => void = () => undefined,
  ) {
    this.#action = action;
    this.task = task;
    this.startedAt = startedAt;
    this.#settled = settled;
    this.#progress = progress;
  }

  start(): void {
    void currentCode.run(this, run, this.#action, this.task, new TaskContext(this)).then(
      (result) => this.#finish(result),
      (thrown: unknown) => this.#finish(failureOf(thrown)),
    );
  }

  /** Asks the code to stop: its signal is aborted, and a result that comes after this is a time-out. */
  timeOut(timeoutMs: number): void {
    this.#isTimedOut = true;
    this.#abortWith(new Error(`The attempt took longer than ${timeoutMs} ms.`));
  }

  /** Asks the code to stop; what it returns in spite of that counts. */
  cancel(reason: Error): void {
    this.#abortWith(reason);
  }

  /** Ends an attempt whose code does not answer its signal. */
  giveUp(): void {
    this.#settle(failure("TASK_TIMEOUT", "The attempt took longer than its timeout."));
  }

  /** The code did what would have killed its process. */
  crash(thrown: unknown): void {
    const { message, stack } = readThrown(thrown);
    this.#settle(failure("TASK_CRASHED", `An error nobody caught: ${message}`, stack));
  }

  /** The code says how far it is. */
  say(text: unknown): void {
    if (!this.#isSettled) this.#progress(progressText(text));
  }

  get name(): string {
    return this.task.taskId;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Made when asked for: most actions never look, and a controller costs more than a small task. */
  get signal(): AbortSignal {
    return (this.#abort ??= new AbortController()).signal;
  }

  /** The worker lets go of it: nobody hears of it any more. */
  discard(reason: Error): void {
    this.#isSettled = true;
    this.#abortWith(reason);
  }

  #abortWith(reason: Error): void {
    const controller = (this.#abort ??= new AbortController());
    // What a listener throws is this task's fault.
    currentCode.run(this, () => controller.abort(reason));
  }

  #finish(result: AttemptResult): void {
    if (this.#isTimedOut) this.giveUp();
    else this.#settle(result);
  }

  #settle(result: AttemptResult): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#settled(result);
  }
}

/** A text as `customStatus` keeps it. */
export function progressText(text: unknown): string {
  return String(text).slice(0, LIMITS.customStatusChars);
}

/** An error as outcomes show it; `fallback` when it has no code of its own. */
export function failure(
  code: OutcomeErrorCode,
  message: string,
  stack?: string,
  isFinal = false,
): AttemptResult {
  return { ok: false, error: cutError(code, message, stack), isFinal, retryAfterMs: null };
}

// --- internal ---

class TaskContext implements ActionContext {
  readonly #attempt: Attempt;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  // Bound, since actions take their context apart.
  get log(): (message: string) => void {
    return (message) => console.log(`${this.#attempt.task.taskId} ${message}`);
  }

  get progress(): (text: string) => void {
    return (text) => this.#attempt.say(text);
  }
}

const MESSAGE_CHARS = 4_000;
const STACK_CHARS = 4_000;

async function run(action: AnyAction, task: Task, context: ActionContext): Promise<AttemptResult> {
  if (action.input) {
    const parsed = action.input.safeParse(task.input);
    if (!parsed.success) return invalid("INVALID_INPUT", parsed.error.issues);
    task.input = parsed.data;
  }
  const returned = await action.run(task as Task<never>, context);
  return store(action, returned, task);
}

function store(action: AnyAction, returned: unknown, task: Task): AttemptResult {
  const emission = emissionOf(returned);
  let result = emission ? emission.result : returned;
  if (action.output) {
    const parsed = action.output.safeParse(result);
    if (!parsed.success) return invalid("INVALID_OUTPUT", parsed.error.issues);
    result = parsed.data;
  }
  const stored = jsonText(result === undefined ? null : result, "The result");
  if (!("json" in stored)) return failure(stored.code, stored.message, undefined, true);
  const { json } = stored;
  if (!task.next) return { ok: true, json, emission: null, emitted: null };
  if (!emission) return { ok: true, json, emission: null, emitted: 1 };
  return storeEmission(json, emission.fanout, task);
}

function storeEmission(json: string, fanout: unknown, task: Task): AttemptResult {
  try {
    const emitted = emissionLines(fanout, task);
    if ("code" in emitted) return failure(emitted.code, emitted.message, undefined, true);
    if (emitted.lines.some(isTooDeep)) return failure("UNSERIALISABLE", TOO_DEEP, undefined, true);
    return { ok: true, json, emission: emitted.lines, emitted: emitted.tasks };
  } catch (thrown) {
    return failure("UNSERIALISABLE", readThrown(thrown).message, undefined, true);
  }
}

function emissionOf(returned: unknown): { result?: unknown; fanout?: unknown } | undefined {
  if (typeof returned !== "object" || returned === null || !("$emit" in returned)) return undefined;
  const { $emit: emission } = returned;
  const isOnlyKey = Object.keys(returned).length === 1;
  if (!isOnlyKey || typeof emission !== "object" || emission === null) return undefined;
  return emission;
}

function invalid(
  code: "INVALID_INPUT" | "INVALID_OUTPUT",
  issues: readonly { path: readonly PropertyKey[]; message: string }[],
): AttemptResult {
  const text = issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.map(String).join(".") || "(whole)"}: ${message}`);
  return failure(code, text.join("; "), undefined, true);
}

function failureOf(thrown: unknown): AttemptResult {
  const { name, message, stack, code, retryAfter } = readThrown(thrown);
  const parsed = Duration.safeParse(retryAfter);
  return {
    ok: false,
    error: cutError(code ?? "TASK_FAILED", message, stack),
    isFinal: name === "TerminalError",
    retryAfterMs: parsed.success ? durationMs(parsed.data) : null,
  };
}

function cutError(code: string, message: string, stack: string | undefined): TaskError {
  return {
    code,
    message: message.slice(0, MESSAGE_CHARS),
    ...(stack ? { stack: stack.slice(0, STACK_CHARS) } : {}),
  };
}

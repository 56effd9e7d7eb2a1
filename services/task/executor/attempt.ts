import type { ActionContext, AnyAction } from "../../actions.ts";
import type { Task } from "../../contract/task.ts";
import type { AttemptHost, AttemptSpan } from "./attempt-host.ts";
import {
  failure,
  readInput,
  storeResult,
  thrownFailure,
  type AttemptResult,
} from "./attempt-result.ts";
import { progressText } from "./progress-text.ts";
import { readThrown } from "./thrown.ts";
import { currentCode, type UserCode } from "./user-code.ts";

/** One call of user code. Whatever it does, `settled` is called once; what comes later is ignored. */
export class Attempt implements UserCode {
  readonly task: Task;
  readonly startedAt: number;
  readonly #action: AnyAction;
  readonly #settled: (result: AttemptResult) => void;
  readonly #host: AttemptHost;
  #span: AttemptSpan | null = null;
  #abort: AbortController | undefined;
  #isSettled = false;
  #isTimedOut = false;

  constructor(
    action: AnyAction,
    task: Task,
    startedAt: number,
    settled: (result: AttemptResult) => void,
    host: AttemptHost,
  ) {
    this.#action = action;
    this.task = task;
    this.startedAt = startedAt;
    this.#settled = settled;
    this.#host = host;
  }

  start(): void {
    this.#span = this.#host.spans?.begin(this.task) ?? null;
    const running = this.#span ? this.#span.within(() => this.#run()) : this.#run();
    void running.then(
      (result) => this.#finish(result),
      (thrown: unknown) => this.#finish(thrownFailure(thrown)),
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
    if (!this.#isSettled) this.#host.progress(progressText(text));
  }

  /** The code says something to whoever reads the log. */
  log(message: unknown): void {
    this.#host.log(this.task, String(message));
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
    if (!this.#isSettled) this.#span?.end(null);
    this.#isSettled = true;
    this.#abortWith(reason);
  }

  #run(): Promise<AttemptResult> {
    return currentCode.run(this, run, this.#action, this.task, new TaskContext(this));
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
    this.#span?.end(result);
    this.#settled(result);
  }
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
    return (message) => this.#attempt.log(message);
  }

  get progress(): (text: string) => void {
    return (text) => this.#attempt.say(text);
  }
}

async function run(action: AnyAction, task: Task, context: ActionContext): Promise<AttemptResult> {
  const input = readInput(action, task.input);
  if (!input.ok) return input;
  task.input = input.value;
  const returned = await action.run(task as Task<never>, context);
  return storeResult(action, returned, task);
}

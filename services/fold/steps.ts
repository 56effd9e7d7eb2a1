import { TerminalError, type AnyFold } from "../actions.ts";
import type { OutcomeErrorCode } from "../contract/errors.ts";
import type { FoldAnswer } from "../job/core/fold/user-fold.ts";
import type { Clock } from "../task/executor/clock.ts";
import { jsonText } from "../task/executor/json-text.ts";
import { drainable, type Drainable } from "../task/executor/shutdown.ts";
import { readThrown } from "../task/executor/thrown.ts";
import { currentCode, type UserCode } from "../task/executor/user-code.ts";
import { parseLine } from "../task/record.ts";
import { LEFT } from "../task/outlast.ts";
import { foldFailure } from "./failure.ts";
import type { FoldSpec } from "./fold-spec.ts";
import { Gate } from "./gate.ts";

export interface StepsOptions {
  readonly fold: AnyFold;
  readonly spec: FoldSpec;
  /** outcome lines from index `spec.next` on */
  readonly lines: readonly string[];
  /** it may run while others are held back */
  readonly isSuspect: boolean;
  readonly clock: Clock;
}

/** What is made durable of the steps. */
export type Taken =
  /** a step is under way */
  | { readonly kind: "still" }
  /** nothing: the process ends, and another goes on */
  | typeof LEFT
  /** so many of the lines are in the accumulator */
  | { readonly kind: "seen"; readonly seen: number; readonly acc: string }
  | { readonly kind: "done"; readonly answer: FoldAnswer };

/**
 * Takes a user's fold through some outcomes, one after the other. Whatever its code does, `take` answers
 * within about ten seconds, unless the code holds the thread. In a process that ends it answers when the
 * step that runs has ended, or is given up.
 *
 * The accumulator is written as JSON between two steps only: a step may change it while it runs.
 */
export class FoldSteps implements UserCode, Drainable {
  readonly name: string;
  readonly #options: StepsOptions;
  #acc: { value: unknown } | null = null;
  #seen = 0;
  #pending: Pending | null = null;
  #crash: Error | null = null;
  #interrupt: (() => void) | null = null;
  readonly #gate: Gate;
  readonly #undrain: () => void;
  #isStopped = false;
  #isLeaving = false;
  #isAbandoned = false;

  constructor(options: StepsOptions) {
    const { jobId, stage, fold } = options.spec;
    this.name = `fold ${fold} of ${jobId}/${stage}`;
    this.#options = options;
    this.#gate = new Gate({ ...options, jobId });
    this.#undrain = drainable(this);
  }

  get isSettled(): boolean {
    return this.#isStopped;
  }

  async take(): Promise<Taken> {
    const until = this.#options.clock.now() + BEAT_MS;
    try {
      const taken = this.#isAbandoned
        ? STILL
        : await currentCode.run(this, () => this.#goOn(until));
      return taken.kind === "still" && this.#hasLeft ? LEFT : taken;
    } catch (thrown) {
      this.#pending = null;
      return { kind: "done", answer: { error: foldFailure(thrown) } };
    } finally {
      if (!this.#pending) this.#gate.leave();
    }
  }

  crash(thrown: unknown): void {
    const { message } = readThrown(thrown);
    this.#crash ??= failed("TASK_CRASHED", `An error nobody caught: ${message}`);
    this.#interrupt?.();
  }

  /** No step begins any more. */
  leave(): void {
    this.#isLeaving = true;
    this.#gate.shut();
  }

  /** Lets go of the step that runs. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#interrupt?.();
  }

  /** Nobody asks any more: all that was taken is durable, or lost. */
  stop(): void {
    this.#isStopped = true;
    this.#gate.close();
    this.#undrain();
  }

  // --- internal ---

  get #hasLeft(): boolean {
    return this.#isLeaving && (this.#isAbandoned || !this.#pending);
  }

  async #goOn(until: number): Promise<Taken> {
    const { fold, spec, lines } = this.#options;
    if (!(await this.#mayRun(until))) return STILL;
    this.#acc ??= { value: JSON.parse(spec.acc ?? textOf(initOf(fold), ACC)) as unknown };
    while (this.#seen < lines.length && (await this.#mayRun(until))) {
      const acc = this.#acc.value as never;
      const line = lines[this.#seen]!;
      const answer = await this.#ask(() => fold.step(acc, parseLine(line, spec)), until);
      if (!answer) return STILL;
      this.#acc = answer;
      this.#seen += 1;
    }
    const { value } = this.#acc;
    const isLast = spec.next + this.#seen === spec.total;
    if (!isLast || !(await this.#mayRun(until))) {
      return { kind: "seen", seen: this.#seen, acc: textOf(value, ACC) };
    }
    // Through JSON, so that `finish` is given the same wherever pages end.
    const answer = await this.#ask(() => finish(fold, JSON.parse(textOf(value, ACC))), until);
    if (!answer) return STILL;
    return { kind: "done", answer: { json: textOf(answer.value ?? null, "The result") } };
  }

  /** Waits until user code may run: false if that is not before the beat. */
  async #mayRun(until: number): Promise<boolean> {
    return this.#pending !== null || this.#gate.pass(until);
  }

  /** What the user's code answers; null: it takes longer than the beat, and is to be asked for again. */
  async #ask(call: () => unknown, until: number): Promise<{ value: unknown } | null> {
    const { clock, spec } = this.#options;
    if (this.#crash) throw this.#crash;
    if (!this.#pending) {
      const value = call();
      if (!isThenable(value)) return { value };
      this.#pending = { answer: settle(value), dueAt: clock.now() + spec.timeoutMs };
    }
    const { answer, dueAt } = this.#pending;
    const settled = await this.#before(Math.min(until, dueAt), answer);
    if (this.#crash) throw this.#crash;
    if (!settled && clock.now() < dueAt) return null;
    this.#pending = null;
    if (!settled) throw failed("TASK_TIMEOUT", `A step took longer than ${spec.timeoutMs} ms.`);
    if ("thrown" in settled) throw settled.thrown;
    return settled;
  }

  /** Null: it has not settled by then, or the code has crashed. */
  #before(at: number, answer: Promise<Settled>): Promise<Settled | null> {
    const { promise, resolve } = Promise.withResolvers<Settled | null>();
    const { clock } = this.#options;
    const cancel = clock.timer(Math.max(1, at - clock.now()), () => resolve(null));
    this.#interrupt = () => resolve(null);
    void answer.then(resolve);
    return promise.finally(cancel);
  }
}

type Settled = { readonly value: unknown } | { readonly thrown: unknown };

interface Pending {
  readonly answer: Promise<Settled>;
  readonly dueAt: number;
}

const STILL = { kind: "still" } as const;
const BEAT_MS = 10_000;
const ACC = "The accumulator";

function initOf({ init }: AnyFold): unknown {
  return typeof init === "function" ? (init as () => unknown)() : init;
}

function finish(fold: AnyFold, acc: unknown): unknown {
  return fold.finish ? fold.finish(acc as never) : acc;
}

function textOf(value: unknown, what: string): string {
  const text = jsonText(value, what);
  if ("json" in text) return text.json;
  throw failed(text.code, text.message);
}

function failed(code: OutcomeErrorCode, message: string): Error {
  return new TerminalError(message, { code });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}

async function settle(thenable: PromiseLike<unknown>): Promise<Settled> {
  try {
    return { value: await thenable };
  } catch (thrown) {
    return { thrown };
  }
}

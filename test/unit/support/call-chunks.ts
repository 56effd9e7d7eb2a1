import type { TaskOutcome } from "../../../services/contract/task.ts";
import { CallExecution, type CallOptions } from "../../../services/task/calls/call-execution.ts";
import type { CallAttempt } from "../../../services/task/calls/call-attempt.ts";
import type { Directive } from "../../../services/task/directive.ts";
import type { AttemptResult } from "../../../services/task/executor/attempt-result.ts";
import type { Group, PendingTask } from "../../../services/task/executor/group.ts";
import type { Grant, LeaseAsk } from "../../../services/task/executor/lease.ts";
import { parseLine } from "../../../services/task/record.ts";
import { stageLimiters, yieldTo } from "./limiters.ts";
import { stagePlan } from "./plans.ts";
import { untried } from "./executions.ts";

type Setting = Partial<Omit<CallOptions, "plan" | "tasks">> & {
  readonly tasks?: number | readonly PendingTask[];
  readonly plan?: Partial<CallOptions["plan"]>;
  /** slots that it was sent with */
  readonly window?: number;
  /** slots that the job has given it when it wants so many, if not those that it was sent with */
  readonly given?: (wants: number) => number;
  /** how long a call takes, and what it then comes to; null: it never answers */
  readonly call?: (attempt: CallAttempt) => Answer | null;
  /** what an invocation answers that was cancelled; null: it does not care */
  readonly onCancel?: AttemptResult | null;
  readonly isThere?: (at: number) => boolean | null;
  readonly grant?: (ask: LeaseAsk, at: number) => Omit<Grant, "limiters">;
};

export const ok = (json = "1"): AttemptResult => ({
  ok: true,
  json,
  emission: null,
  emitted: null,
});

export const fails = (
  fields: Partial<Extract<AttemptResult, { ok: false }>> = {},
): AttemptResult => ({
  ok: false,
  error: { code: "TASK_FAILED", message: "no" },
  isFinal: false,
  retryAfterMs: null,
  ...fields,
});

/** A chunk of calls whose runner, server, handlers and job are simulated, event by event. */
export class CallChunk {
  readonly groups: Group[] = [];
  readonly calls: { readonly index: number; readonly attempt: number; readonly at: number }[] = [];
  readonly cancelled: number[] = [];
  looks = 0;
  mostAtOnce = 0;
  now = START;
  readonly #setting: Setting;
  readonly #execution: CallExecution;
  #events: Event[] = [];
  #isLooking = false;
  #alarmAt = Infinity;
  #grant: Grant | null = null;
  #open: CallAttempt[] = [];
  #lastAt = START;
  #moments: number[] = [];

  constructor(setting: Setting = {}) {
    const { tasks = 1, plan, window = 64, ...options } = setting;
    this.#setting = setting;
    this.#execution = new CallExecution(
      {
        jobId: "job",
        jobStartedAt: 0,
        stage: 0,
        generation: 1,
        action: { name: "Crm/note" },
        next: null,
        granted: window,
        released: 0,
        limiters: [],
        limitersUnder: stageLimiters("job", options.limiters),
        lastKnown: -1,
        inputOf: (index) => ({ item: index }),
        isEager: false,
        decisive: { succeeded: null, failed: null },
        beatMs: 1_000,
        committedBytes: 0,
        unsavedBytes: 0,
        room: { items: Infinity, bytes: Infinity, tasks: Infinity },
        random: () => 0.5,
        ...options,
        plan: { ...stagePlan(), ...plan },
        tasks:
          typeof tasks === "number" ? Array.from({ length: tasks }, (_, at) => untried(at)) : tasks,
      },
      this.#look(),
    );
    this.#start();
  }

  at(ms: number, directive: Directive): this {
    this.#events.push({ at: START + ms, run: () => this.#execution.direct(directive) });
    return this;
  }

  /** Runs until nothing is left, or `ms` have passed. */
  run(ms = 86_400_000): this {
    while (!this.#execution.isDone) {
      this.#prepare();
      const next = this.#takeNext();
      if (!next) throw new Error("stuck: nothing is awaited");
      if (next.at > START + ms) {
        this.#events.push(next);
        return this;
      }
      this.now = Math.max(this.now, next.at);
      next.run();
      if (this.#isLooking || this.now === this.#lastAt) this.#start();
      for (const attempt of this.#execution.takeStopped()) this.#cancel(attempt);
    }
    return this;
  }

  /** Every answer is awaited. */
  get isImpatient(): boolean {
    return this.#execution.isImpatient;
  }

  get outcomes(): TaskOutcome[] {
    const context = { jobId: "job", stage: 0, startedAt: 0 };
    return this.groups
      .flatMap(({ head, lines }) => lines.slice(0, head.outcomes))
      .map((line) => parseLine(line, context))
      .sort((a, b) => a.index - b.index);
  }

  get reports(): Group[] {
    return this.groups.filter(({ head }) => head.report);
  }

  get returnedFrom(): number | null {
    return (
      this.groups.findLast(({ head }) => head.returnedFrom !== null)?.head.returnedFrom ?? null
    );
  }

  // --- internal ---

  #look() {
    this.looks += 1;
    this.#lastAt = this.now;
    const { isThere = () => true } = this.#setting;
    const ago = this.#moments.splice(0).map((moment) => this.now - moment);
    return { at: this.now, worker: "here:1", isThere: isThere(this.now - START), ago };
  }

  #prepare(): void {
    const { isBusy, isHasty, lookAt, unseen } = this.#execution;
    while (this.#moments.length < unseen) this.#moments.push(this.now);
    const isDue = isHasty || this.#grant !== null || lookAt <= this.#lastAt;
    if (isDue || (isBusy && !this.#isLooking)) {
      this.#events = this.#events.filter(({ isLook }) => !isLook);
      const at = isDue
        ? this.now + LATENCY_MS
        : Math.max(this.now, this.#lastAt + 250) + LATENCY_MS;
      this.#events.push({ at, run: () => this.#looked(), isLook: true });
      this.#isLooking = true;
    }
    this.#alarmAt = this.#isLooking ? Infinity : lookAt;
  }

  #takeNext(): Event | undefined {
    const events = [...this.#events];
    if (this.#alarmAt < Infinity) events.push({ at: this.#alarmAt, run: () => this.#looked() });
    const next = events.reduce<Event | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);
    this.#events = this.#events.filter((event) => event !== next);
    return next;
  }

  #looked(): void {
    this.#isLooking = false;
    const groups = this.#execution.look(this.#look(), this.#grant);
    this.groups.push(...groups);
    this.#grant = null;
    for (const { head } of groups) {
      const { ask, report, wants, released = 0 } = head;
      if (report && wants !== undefined) this.#give(wants, released);
      if (!ask || !this.#setting.grant) continue;
      this.#grant = { limiters: ask.limiters, ...this.#setting.grant(ask, this.now - START) };
    }
  }

  #give(wants: number, released: number): void {
    const { window = 64, given = () => Math.min(wants, released + window) } = this.#setting;
    const directive = yieldTo({}, 1, given(wants));
    this.#events.push({ at: this.now + LATENCY_MS, run: () => this.#execution.direct(directive) });
  }

  #start(): void {
    for (const attempt of this.#execution.start()) {
      const { index, attempt: number } = attempt.task;
      this.calls.push({ index, attempt: number, at: this.now - START });
      this.#open = [...this.#open.filter(({ isSettled }) => !isSettled), attempt];
      this.mostAtOnce = Math.max(this.mostAtOnce, this.#open.length);
      const { call } = this.#setting;
      const answer: Answer | null = call ? call(attempt) : { ms: 10 };
      if (answer) this.#answer(attempt, answer.ms, answer.result ?? ok());
    }
  }

  #answer(attempt: CallAttempt, ms: number, result: AttemptResult): void {
    const run = () => {
      if (attempt.isSettled) return;
      attempt.answered(result);
    };
    this.#events.push({ at: this.now + ms, run });
  }

  #cancel(attempt: CallAttempt): void {
    this.cancelled.push(attempt.task.index);
    const { onCancel = fails({ isFinal: true }) } = this.#setting;
    if (onCancel) this.#answer(attempt, LATENCY_MS, onCancel);
  }
}

// --- internal ---

interface Answer {
  readonly ms: number;
  readonly result?: AttemptResult;
}

interface Event {
  readonly at: number;
  readonly run: () => void;
  readonly isLook?: true;
}

const START = 1_000_000;
const LATENCY_MS = 2;

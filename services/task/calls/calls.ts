import { setImmediate } from "node:timers/promises";
import {
  RestatePromise,
  TerminalError,
  type Context,
  type internal,
  type InvocationId,
} from "@restatedev/restate-sdk";
import type { Task } from "../../contract/task.ts";
import type { CallTarget } from "../../job/core/call-target.ts";
import { hearDirective, type DurableTask } from "../../wire/calls.ts";
import { jsonSerde } from "../../wire/json.ts";
import type { ChunkSpec } from "../chunk-spec.ts";
import type { Directive } from "../directive.ts";
import { systemClock } from "../executor/clock.ts";
import type { AttemptResult } from "../executor/attempt-result.ts";
import { answerSerde, failureOf, resultOf } from "./answer.ts";
import { AnswerFlow } from "./answer-flow.ts";
import type { CallAttempt } from "./call-attempt.ts";
import type { CallExecution, Look } from "./call-execution.ts";
import type { HandlerFinder } from "./handler-finder.ts";
import { PendingLook } from "./look.ts";

/** What a chunk of calls waits for. */
export type CallEvent =
  | { readonly kind: "answered"; readonly attempt: CallAttempt; readonly result: AttemptResult }
  | { readonly kind: "looked"; readonly look: Look }
  | { readonly kind: "heard"; readonly directive: Directive }
  | { readonly kind: "rang" };

/**
 * The calls of a chunk that are under way, and everything else that its runner waits for meanwhile: all of
 * it in one race, so that a directive is heard whenever it comes.
 *
 * Whatever arrives for an invocation costs it in proportion to how much it waits for. So until the clock is
 * looked at, few calls stand for all while answers come fast: what has answered unseen is found later.
 */
export class Calls {
  readonly #ctx: Context;
  readonly #target: CallTarget;
  readonly #finder: HandlerFinder;
  readonly #epoch: string;
  readonly #itemsAs: string | undefined;
  readonly #open = new Map<CallAttempt, Call>();
  /** seen by the last wait, and not given out yet */
  readonly #arrived: CallEvent[] = [];
  readonly #flow = new AnswerFlow();
  #heard: RestatePromise<CallEvent>;
  #look: { readonly pending: PendingLook; readonly looked: RestatePromise<CallEvent> } | null =
    null;
  #lastAt = -Infinity;
  #alarm: { readonly at: number; readonly rang: RestatePromise<CallEvent> } | null = null;
  #hasRung = false;
  #isLive = false;
  /** when attempts began and ended since the last look; what a replay notes here is never read */
  #moments: number[] = [];

  constructor(
    ctx: Context,
    target: CallTarget,
    { epoch, itemsAs }: Pick<ChunkSpec, "epoch" | "itemsAs">,
    finder: HandlerFinder,
  ) {
    this.#ctx = ctx;
    this.#target = target;
    this.#finder = finder;
    this.#epoch = epoch;
    this.#itemsAs = itemsAs;
    this.#heard = this.#hear();
  }

  /** The clock is about to be looked at. */
  get isLooking(): boolean {
    return this.#look !== null;
  }

  /** What comes now is new, not read from the journal: this attempt itself has looked at the clock. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** What is seen first, and what was heard until then: nothing was called yet. */
  async firstLook(): Promise<{ readonly look: Look; readonly heard: readonly Directive[] }> {
    const heard: Directive[] = [];
    this.#look = this.#lookSoon();
    for (;;) {
      const event = await this.#next(true);
      if (event.kind === "looked") return { look: event.look, heard };
      if (event.kind === "heard") heard.push(event.directive);
    }
  }

  async make(attempts: readonly CallAttempt[]): Promise<void> {
    if (attempts.length > 0) await this.#checkTarget();
    for (const attempt of attempts) this.#open.set(attempt, this.#call(attempt));
  }

  async cancel(attempts: readonly CallAttempt[]): Promise<void> {
    for (const attempt of attempts) {
      const id = await this.#open.get(attempt)?.id;
      if (id) this.#ctx.cancel(id);
    }
  }

  /** What happens next. `isUrgent`: the clock must be looked at whatever it is. */
  async next(execution: CallExecution, isUrgent: boolean): Promise<CallEvent> {
    const { lookAt, isBusy, isHasty, unseen, isImpatient } = execution;
    while (this.#moments.length < unseen) this.#moments.push(systemClock.now());
    const isDue = isUrgent || isHasty || this.#hasRung || lookAt <= this.#lastAt;
    if (isDue || isBusy) this.#look ??= this.#lookSoon();
    if (isDue) this.#look?.pending.hurry();
    if (!this.#look) this.#setAlarm(lookAt);
    return this.#next(this.#look === null || isImpatient);
  }

  // --- internal ---

  async #next(isForAll: boolean): Promise<CallEvent> {
    if (this.#arrived.length === 0) {
      await RestatePromise.race(this.#awaited(isForAll));
      // The race has one winner; what else was there has arrived when the event loop has turned.
      await setImmediate();
    }
    const event = this.#arrived.shift()!;
    this.#seen(event);
    return event;
  }

  /** `isForAll`: no call may answer unseen. */
  #awaited(isForAll: boolean): RestatePromise<CallEvent>[] {
    const awaited = [this.#heard];
    if (this.#look) awaited.push(this.#look.looked);
    if (this.#alarm) awaited.push(this.#alarm.rang);
    for (const attempt of this.#open.keys()) if (attempt.isSettled) this.#open.delete(attempt);
    const calls = [...this.#open.values()];
    const some = isForAll ? calls : this.#flow.standFor(calls);
    return [...awaited, ...some.map(({ answered }) => answered)];
  }

  #arrives(event: CallEvent): CallEvent {
    this.#arrived.push(event);
    return event;
  }

  #seen(event: CallEvent): void {
    switch (event.kind) {
      case "answered":
        this.#open.delete(event.attempt);
        this.#flow.answered();
        break;
      case "looked":
        this.#flow.looked();
        this.#look = null;
        this.#moments = [];
        this.#hasRung = false;
        this.#lastAt = event.look.at;
        break;
      case "heard":
        this.#heard = this.#hear();
        break;
      case "rang":
        this.#alarm = null;
        this.#hasRung = true;
        break;
    }
  }

  #call(attempt: CallAttempt): Call {
    const { kind, service, handler } = this.#target;
    const { task } = attempt;
    const call = this.#ctx.genericCall({
      service,
      method: handler,
      parameter: kind === "durable" ? durableTask(this.#epoch, task) : task,
      inputSerde: jsonSerde(),
      outputSerde: answerSerde,
    });
    const answered = call.map((answer, error): CallEvent => {
      const result = answer ? resultOf(answer, task, this.#itemsAs) : failureOf(error!);
      return this.#arrives({ kind: "answered", attempt, result });
    });
    return { id: call.invocationId, answered };
  }

  /**
   * An attempt of this invocation that called a handler just when that was taken away has failed, and so
   * would all that follow: they end it, and the runner after it sees that there is nobody to call.
   */
  async #checkTarget(): Promise<void> {
    const ctx = this.#ctx as internal.ContextInternal;
    // A replayed call was accepted; whether there is somebody now does not matter to it.
    if (!ctx.isProcessing() || (await this.#finder.isThere(this.#target)) !== false) return;
    const { service, handler } = this.#target;
    throw new TerminalError(`There is no handler ${service}/${handler} any more.`);
  }

  #lookSoon() {
    const pending = new PendingLook(this.#lastAt);
    const looked = this.#run(pending).map((look, error): CallEvent => {
      if (error) throw error;
      return this.#arrives({ kind: "looked", look: look! });
    });
    return { pending, looked };
  }

  #run(pending: PendingLook): RestatePromise<Look> {
    return this.#ctx.run("look", () => {
      this.#isLive = true;
      return pending.take(this.#finder, this.#target, this.#moments);
    });
  }

  #setAlarm(at: number): void {
    if (at === Infinity || (this.#alarm && this.#alarm.at <= at)) return;
    const rang = this.#ctx.sleep(at - this.#lastAt).map(() => this.#arrives({ kind: "rang" }));
    this.#alarm = { at, rang };
  }

  #hear(): RestatePromise<CallEvent> {
    return hearDirective(this.#ctx).map((directive, error): CallEvent => {
      if (error) throw error;
      return this.#arrives({ kind: "heard", directive: directive! });
    });
  }
}

const durableTask = (epoch: string, task: Task): DurableTask => ({ epoch, task });

interface Call {
  readonly id: Promise<InvocationId>;
  readonly answered: RestatePromise<CallEvent>;
}

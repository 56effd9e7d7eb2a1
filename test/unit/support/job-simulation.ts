import { expect } from "vitest";
import type { StagePlan } from "../../../services/job/core/plan.ts";
import type { JobEvent } from "../../../services/job/core/reducer.ts";
import type { Segment } from "../../../services/job/core/segments.ts";
import type { Directive } from "../../../services/task/directive.ts";
import type { Decisions } from "./decisions.ts";
import { checkOrders } from "./job-promises.ts";
import { jobPlan, sourcePlan } from "./plans.ts";
import { report } from "./reports.ts";
import { inputsOf } from "./segments.ts";
import { SimulatedJob, type Sent } from "./simulated-job.ts";
import { SimulatedOperator } from "./simulated-operator.ts";
import { piecesOf, SimulatedSource } from "./simulated-source.ts";
import { SimulatedWorker, type Account } from "./simulated-worker.ts";

/** What a worker, or a user's fold, has sent to the job, and what it means. */
interface Letter {
  readonly from: SimulatedWorker | SimulatedSource | "fold";
  readonly event: Extract<JobEvent, { type: "report" | "begun" | "freed" | "folded" }>;
  readonly learn: () => void;
}

/**
 * A job on its way: the reducer, executors, an operator, and the network between them, where reports and
 * orders wait and come twice and come late. After each step everything that is promised of a job is checked.
 */
export class JobSimulation {
  readonly #decide: Decisions;
  readonly #job: SimulatedJob;
  readonly #operator: SimulatedOperator;
  readonly #source: SimulatedSource;
  readonly #pages: readonly number[];
  #workers: SimulatedWorker[] = [];
  readonly #network: Letter[] = [];
  readonly #delivered: Letter[] = [];
  readonly #feeds: (readonly Segment[])[];
  /** the newest order to each runner */
  readonly #told = new Map<string, Directive>();
  #now = 0;

  /** `feeds`: what is fed one after the other before the seal; `pages`: how many items its source has */
  constructor(
    stages: readonly Partial<StagePlan>[],
    decide: Decisions,
    {
      feeds,
      pages = [],
      delayMs = 0,
    }: {
      feeds: readonly (readonly Segment[])[];
      pages?: readonly number[];
      delayMs?: number;
    },
  ) {
    const tick = (earliest?: number) => this.#tick(earliest);
    this.#decide = decide;
    this.#feeds = [...feeds];
    this.#pages = pages;
    this.#source = new SimulatedSource(pages);
    const source = pages.length > 0 ? sourcePlan() : null;
    this.#job = new SimulatedJob({ ...jobPlan(...stages), source, delayMs }, pages);
    this.#operator = new SimulatedOperator(this.#job, { decide, tick });
  }

  /** Lets everything happen that can, until the job has ended and nobody wants any of it run again. */
  run(): void {
    this.#feed();
    for (let isOpen = true; isOpen; isOpen = this.#redrive()) {
      let steps = 0;
      for (; !this.#job.isEnded && steps < MOST_STEPS; steps += 1) this.#proceed();
      expect(steps).toBeLessThan(MOST_STEPS);
    }
  }

  // --- internal ---

  /** A little later, and not before `earliest`. */
  #tick(earliest = 0): number {
    this.#now = Math.max(this.#now + this.#decide.below(3_000), earliest);
    return this.#now;
  }

  /** One thing happens somewhere. When the decisions are used up it is the first that brings the job on. */
  #proceed(): void {
    const happenings = this.#happenings();
    expect(happenings).not.toEqual([]);
    this.#decide.oneOf(happenings)();
  }

  #happenings(): (() => void)[] {
    this.#workers = this.#workers.filter(({ isDone }) => !isDone);
    const listening = this.#workers.filter(({ inbox }) => inbox.length > 0);
    const able = this.#workers.filter(({ canWork }) => canWork);
    const mortal = this.#workers.filter(({ canBeKilled }) => canBeKilled);
    const happenings: (() => void)[] = [];
    if (this.#network.length > 0) happenings.push(() => this.#deliver());
    if (listening.length > 0) happenings.push(() => this.#decide.oneOf(listening).hear());
    if (able.length > 0) happenings.push(() => this.#work(this.#decide.oneOf(able)));
    if (this.#source.canWork) happenings.push(() => this.#read());
    if (this.#job.canBeFed) happenings.push(() => this.#feed());
    if (this.#operator.isHolding) happenings.push(() => this.#send(this.#operator.release()));
    if (!this.#decide.areLeft) {
      return this.#operator.isSlow ? [() => this.#send(this.#operator.liftRates())] : happenings;
    }
    happenings.push(() => this.#send(this.#operator.interfere()));
    happenings.push(() => this.#disturb());
    if (mortal.length > 0) happenings.push(() => this.#takeUp(this.#decide.oneOf(mortal)));
    if (this.#source.canWork) happenings.push(() => this.#source.takeUp());
    return happenings;
  }

  #takeUp(worker: SimulatedWorker): void {
    worker.takeUp();
    this.#mention(worker, { type: "begun", begun: worker.begun });
  }

  #feed(): void {
    const { model } = this.#job;
    let first = model.stages[0]!.tasks.length;
    const segments = (this.#feeds.shift() ?? []).map((segment) => {
      first += segment.count;
      return { ...segment, first: first - segment.count };
    });
    const seal = this.#feeds.length === 0 && this.#decide.below(2) === 0;
    const at = this.#tick();
    this.#send(
      this.#job.step({ type: "feed", at, segments, slices: 0, seal }, () => {
        model.feed(0, segments.flatMap(inputsOf));
        model.stages[0]!.isSealed ||= seal;
      }),
    );
  }

  #redrive(): boolean {
    const sent = this.#operator.redrive();
    if (sent) this.#send(sent);
    return sent !== null;
  }

  /** Chunks find workers, orders those runners that still live. */
  #send({ chunks, directives, folds, pages }: Sent): void {
    const { state } = this.#job;
    for (const at of folds) this.#fold(at);
    for (const chunk of chunks) {
      const passesOn = chunk.stage + 1 < state.stages.length;
      const { generation } = state;
      const sentAt = this.#now;
      const worker = new SimulatedWorker({ ...chunk, generation, sentAt, passesOn });
      const { begun } = worker;
      this.#workers.push(worker);
      if (this.#decide.below(2) === 1) this.#mention(worker, { type: "begun", begun });
    }
    for (const page of pages) {
      this.#source.ask({ ...page, generation: state.generation }, this.#job.model);
      const { begun } = this.#source;
      if (this.#decide.below(2) === 1) this.#mention(this.#source, { type: "begun", begun });
    }
    for (const { invocation, directive } of directives) {
      this.#told.set(invocation, directive);
      if (this.#source.invocation === invocation) this.#source.inbox.push(directive);
      this.#workers.find((worker) => worker.invocation === invocation)?.inbox.push(directive);
    }
    checkOrders(state, this.#told);
    this.#checkSlots();
  }

  /** No chunk has more slots than its job has given it. */
  #checkSlots(): void {
    const { stages, generation } = this.#job.state;
    for (const { isDone, slots, sent } of this.#workers) {
      if (isDone || sent.generation !== generation) continue;
      const given = stages[sent.stage]!.chunks[sent.planned.chunk]?.window;
      expect(slots).toBeLessThanOrEqual(given ?? 0);
    }
  }

  /** Something that has no effect on what is counted. */
  #mention(from: SimulatedWorker | SimulatedSource, event: Letter["event"]): void {
    this.#network.push({ from, event, learn: () => undefined });
  }

  #work(worker: SimulatedWorker): void {
    const account = worker.work(this.#decide, this.#tick());
    const { freed } = worker;
    if (worker.isDone && this.#decide.below(2) === 1) {
      this.#mention(worker, { type: "freed", freed });
    }
    this.#network.push({
      from: worker,
      event: { type: "report", report: account.report },
      learn: () => this.#learn(account),
    });
  }

  /** The source says what came of its page. */
  #read(): void {
    const { report, came } = this.#source.work(this.#decide, this.#tick());
    const { model } = this.#job;
    const learn = () => {
      if (came === "not read") model.isReading = false;
      if (came === "failed") model.takePage(null);
      if (came !== "read") return;
      const pieces = piecesOf(this.#pages, model.nextPage);
      model.takePage(
        pieces.flatMap(({ key, name, count }) => {
          const source = { kind: "piece", key, name, offset: 0 } as const;
          return inputsOf({ first: 0, count, bytes: 0, source });
        }),
      );
    };
    this.#network.push({ from: this.#source, event: { type: "report", report }, learn });
  }

  /** Nobody waits for the answer if the stage was stopped meanwhile. */
  #fold(stage: number): void {
    const { state, model } = this.#job;
    const isOk = this.#decide.below(3) < 2;
    const answer = isOk ? { json: "1" } : { error: { code: "FOLD_FAILED", message: "no" } };
    const { epoch, generation } = state;
    const folded = { epoch, generation, stage, at: this.#now, answer };
    this.#network.push({
      from: "fold",
      event: { type: "folded", folded },
      learn: () => {
        const isAwaited =
          model.generation === generation && model.stages[stage]!.fold === "running";
        if (isAwaited) model.folded(stage, { isOk });
      },
    });
  }

  /** The oldest letter of one of the workers arrives, so that each worker's stay in order. */
  #deliver(): void {
    const { from } = this.#decide.oneOf(this.#network);
    const at = this.#network.findIndex((letter) => letter.from === from);
    const [letter] = this.#network.splice(at, 1);
    this.#send(this.#job.step(letter!.event, letter!.learn));
    this.#delivered.push(letter!);
  }

  #learn({ report: { stage, final }, ended, returned, pieces, retries }: Account): void {
    const { model } = this.#job;
    model.record(stage, ended);
    model.giveBack(stage, returned);
    for (const { key, name, count } of model.stages[stage + 1] ? pieces : []) {
      const source = { kind: "piece", key, name, offset: 0 } as const;
      model.feed(stage + 1, inputsOf({ first: 0, count, bytes: 0, source }));
    }
    model.stages[stage]!.retries += retries;
    if (final) model.stages[stage]!.chunks -= 1;
  }

  /** Something arrives that says nothing new. */
  #disturb(): void {
    const known = [...this.#delivered, ...this.#network].flatMap(({ event }) =>
      event.type === "report" ? event.report : [],
    );
    const said = this.#decide.oneOf([report(), ...known]);
    const foreign = this.#decide.oneOf([
      { epoch: "e0" },
      { generation: this.#job.state.generation + 1 },
      { generation: this.#job.state.generation - 1 },
      { stage: 9 },
      { chunk: 9_999 },
    ]);
    const { epoch, generation, stage, chunk } = { ...said, ...foreign };
    const freed = { epoch, generation, stage, chunk };
    this.#job.changesNothing({ type: "report", report: { ...said, ...foreign } });
    this.#job.changesNothing({ type: "freed", freed });
    if (!("chunk" in foreign)) {
      const folded = { epoch, generation, stage, at: this.#now, answer: { json: "1" } };
      this.#job.changesNothing({ type: "folded", folded });
    }
    if (this.#delivered.length === 0) return;
    const late = this.#decide.oneOf(this.#delivered);
    const isOver = this.#network.every(({ from }) => from !== late.from);
    const isMention = late.event.type === "freed" || late.event.type === "begun";
    if (!isMention || isOver) this.#job.changesNothing(late.event);
  }
}

/** A job that takes more of them does not end. */
const MOST_STEPS = 30_000;

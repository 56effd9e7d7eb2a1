import { expect } from "vitest";
import type { EndStatus } from "../../../services/contract/task.ts";
import type { StagePlan } from "../../../services/job/core/plan.ts";
import { StageModel } from "./stage-model.ts";

/** The index of a task, and what it ended as. */
export type Ended = readonly [index: number, status: EndStatus];

/**
 * What is promised of a job, said as plainly as it can be: lists of tasks, and rules that are applied until
 * nothing changes any more.
 */
export class JobModel {
  readonly stages: readonly StageModel[];
  /** of the source: how many items each page has */
  readonly #pages: readonly number[];
  /** one of them is being read */
  isReading = false;
  nextPage = 0;
  hasSourceFailed = false;
  /** it was opened again without its source */
  isCutShort = false;
  generation = 1;
  isScheduled: boolean;
  isPaused = false;
  stoppedAs: EndStatus | null = null;
  status: EndStatus | null = null;

  constructor(
    plans: readonly StagePlan[],
    { isScheduled, pages }: { readonly isScheduled: boolean; readonly pages: readonly number[] },
  ) {
    this.stages = plans.map((plan) => new StageModel(plan));
    this.isScheduled = isScheduled;
    this.#pages = pages;
  }

  /** Of its source, if it has one. */
  get hasMorePages(): boolean {
    return this.nextPage < this.#pages.length;
  }

  get mayRead(): boolean {
    return this.hasMorePages && !this.isReading && this.mayDispatch(0) && !this.isSealed(0);
  }

  /** Pages that are read and have tasks that wait and were never sent. */
  get pagesAhead(): number {
    const { tasks, sentTo } = this.stages[0]!;
    const waiting = tasks.slice(sentTo).filter(({ state }) => state === "waiting");
    return new Set(waiting.flatMap(({ input }) => pageOf(input) ?? [])).size;
  }

  /** What was asked of the source has come to something; after a stop it is as if it was not. */
  takePage(inputs: readonly string[] | null): void {
    this.isReading = false;
    if (this.stages[0]!.stoppedAs) return;
    if (inputs) {
      this.feed(0, inputs);
      this.nextPage += 1;
    } else {
      this.hasSourceFailed = true;
      this.stages[0]!.stop("FAILED", this.generation);
      this.stop("FAILED");
    }
  }

  /** Stage 0 by its seal and the end of its source, or its stop, the others by the end of the stage before or their stop. */
  isSealed(at: number): boolean {
    const stage = this.stages[at]!;
    const isFed = at === 0 && this.hasMorePages && !this.isCutShort;
    return (
      (stage.isSealed && !isFed) || stage.stoppedAs !== null || this.stages[at - 1]?.status != null
    );
  }

  mayDispatch(at: number): boolean {
    return !this.isPaused && !this.isScheduled && this.stages[at]!.stoppedAs === null;
  }

  feed(at: number, inputs: readonly string[]): void {
    this.stages[at]!.add(inputs, this.generation);
  }

  /** A chunk takes tasks: only ones that wait. */
  send(at: number, indexes: readonly number[]): void {
    const { tasks } = this.stages[at]!;
    expect(indexes.filter((index) => tasks[index]?.state !== "waiting")).toEqual([]);
    for (const index of indexes) tasks[index]!.state = "sent";
    this.stages[at]!.chunks += 1;
    this.stages[at]!.sentTo = Math.max(
      this.stages[at]!.sentTo,
      ...indexes.map((index) => index + 1),
    );
  }

  /** A chunk has stored outcomes: of tasks that it has, one in a generation, and none after a success. */
  record(at: number, ended: readonly Ended[]): void {
    const { tasks } = this.stages[at]!;
    const isWrong = ([index]: Ended) => {
      const { state, outcomes } = tasks[index]!;
      const last = outcomes.at(-1);
      return (
        state !== "sent" || last?.generation === this.generation || last?.status === "SUCCEEDED"
      );
    };
    expect(ended.filter(isWrong)).toEqual([]);
    for (const [index, status] of ended) {
      tasks[index]!.state = status;
      tasks[index]!.outcomes.push({ status, generation: this.generation });
    }
  }

  giveBack(at: number, indexes: readonly number[]): void {
    this.stages[at]!.giveBack(indexes, this.generation);
  }

  stop(as: EndStatus): void {
    this.stoppedAs ??= as;
    this.isPaused = false;
    this.isScheduled = false;
    for (const stage of this.stages) {
      // One that is as good as ended stays what it was, unless it has still to be folded.
      if (stage.status || (stage.stoppedAs && !stage.isToBeFolded)) continue;
      stage.stop("CANCELLED", this.generation);
    }
  }

  /** A user's fold has answered. */
  folded(at: number, { isOk }: { readonly isOk: boolean }): void {
    this.stages[at]!.fold = null;
    this.stages[at]!.hasFoldFailed = !isOk;
  }

  /** Opens the ended job again, with what is to run once more of some stages. */
  redrive(chosen: ReadonlyMap<number, readonly number[]>, { readsOn = false } = {}): void {
    this.generation += 1;
    this.status = null;
    this.stoppedAs = null;
    this.stages[0]!.isSealed = true;
    const first = Math.min(...chosen.keys(), ...(readsOn ? [0] : []));
    this.isCutShort = this.hasMorePages && !readsOn;
    if (readsOn) this.hasSourceFailed = false;
    for (const [at, stage] of this.stages.entries()) {
      stage.fanIns = 0;
      stage.folds = 0;
      if (at < first) continue;
      stage.status = null;
      stage.stoppedAs = null;
      const isAwaited = (readsOn && at === 0) || stage.fold === "cut";
      const indexes = chosen.get(at) ?? (isAwaited ? [] : undefined);
      if (indexes) stage.runAgain(indexes, this.generation);
    }
  }

  /** Stops and ends what is due. */
  settle(): void {
    while (this.#stopStages() || this.#endStages());
    if (this.status || this.stages.some(({ status }) => !status)) return;
    const isGood = this.stages.every(({ status }) => status === "SUCCEEDED");
    this.status = this.stoppedAs ?? (isGood ? "SUCCEEDED" : "FAILED");
  }

  // --- internal ---

  /** True: something has changed. */
  #stopStages(): boolean {
    for (const [at, stage] of this.stages.entries()) {
      if (stage.stoppedAs || stage.status || stage.ranIn < this.generation) continue;
      const as = stage.earlyEnd({ isComplete: this.isSealed(at) });
      if (!as) continue;
      stage.stop(as, this.generation);
      if (as === "FAILED") this.stop("FAILED");
      return true;
    }
    return false;
  }

  #endStages(): boolean {
    if (this.isPaused || this.isScheduled) return false;
    const at = this.stages.findIndex(({ status }) => !status);
    const stage = this.stages[at];
    if (!stage || !this.isSealed(at) || stage.chunks > 0 || stage.count("waiting") > 0)
      return false;
    if (at === 0 && this.isReading) return false;
    if (stage.fold === "running") return false;
    if (stage.fold === "due") {
      stage.fold = "running";
      stage.folds += 1;
      return false;
    }
    const isUnread = at === 0 && this.hasMorePages && !stage.stoppedAs;
    stage.status = isUnread ? "FAILED" : stage.end();
    if (stage.ranIn === this.generation) stage.fanIns += 1;
    return true;
  }
}

/** Null: it is of none. */
function pageOf(input: string): number | null {
  const [, page] = /^task \d+ of from (\d+)\./.exec(input) ?? [];
  return page === undefined ? null : Number(page);
}

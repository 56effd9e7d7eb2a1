import { expect } from "vitest";
import type { Backlog } from "../../../services/job/core/backlog.ts";
import type { Command } from "../../../services/job/core/command.ts";
import { BLOCK, type PlannedChunk } from "../../../services/job/core/dispatch.ts";
import type { JobPlan } from "../../../services/job/core/plan.ts";
import { takesAppends } from "../../../services/job/core/seal.ts";
import {
  pagesNeeded,
  reduce,
  withPage,
  type JobEvent,
} from "../../../services/job/core/reducer.ts";
import type { Segment } from "../../../services/job/core/segments.ts";
import { newJob, type JobState } from "../../../services/job/core/state.ts";
import { JobModel } from "./job-model.ts";
import { checkEnd, checkState } from "./job-promises.ts";
import { tasksOf } from "./segments.ts";

/** What a step sends out. */
export interface Sent {
  readonly chunks: readonly {
    readonly stage: number;
    readonly planned: PlannedChunk;
    readonly indexes: readonly number[];
  }[];
  readonly directives: readonly Extract<Command, { type: "direct" }>[];
  /** stages that a user's fold is to go through */
  readonly folds: readonly number[];
  /** of the source */
  readonly pages: readonly Extract<Command, { type: "read page" }>[];
}

/** The reducer with what its edge keeps for it, and the naive model, which must agree after each step. */
export class SimulatedJob {
  readonly model: JobModel;
  readonly #pages = new Map<string, readonly Segment[]>();
  /** of each stage in this generation */
  #fanIns: number[] = [];
  #folds: number[] = [];
  state: JobState;

  /** `pages`: how many items each page of its source has */
  constructor(plan: JobPlan, pages: readonly number[]) {
    this.state = newJob(plan, { epoch: "e1", hash: "h", at: 0 });
    const isScheduled = plan.delayMs > 0;
    this.model = new JobModel(plan.stages, { isScheduled, pages });
    this.#countAnew();
  }

  get isEnded(): boolean {
    return this.state.status !== "RUNNING";
  }

  get canBeFed(): boolean {
    return !this.isEnded && takesAppends(this.state);
  }

  /** `learn`: what the event means to the model. */
  step(event: JobEvent, learn: () => void): Sent {
    const before = this.#withPages();
    const { state, commands } = reduce(frozen(before), frozen(event));
    this.state = state;
    learn();
    this.model.settle();
    if (event.type === "redrive") this.#countAnew();
    const chunks = commands.flatMap((command) => this.#run(command));
    const folds = commands.flatMap((command) =>
      command.type === "start fold" ? command.stage : [],
    );
    checkState(before, state, this.model);
    expect(this.#fanIns).toEqual(this.model.stages.map(({ fanIns }) => fanIns));
    expect(this.#folds).toEqual(this.model.stages.map((stage) => stage.folds));
    expect(commands.filter(({ type }) => type === "job ended")).toHaveLength(this.isEnded ? 1 : 0);
    if (this.isEnded) checkEnd(state, this.model, (at, backlog) => this.pagesIn(at, backlog));
    const directives = commands.filter((command) => command.type === "direct");
    const pages = commands.filter((command) => command.type === "read page");
    return { chunks, directives, folds, pages };
  }

  changesNothing(event: JobEvent): void {
    const before = JSON.stringify(this.state);
    const after = reduce(frozen(this.state), frozen(event));
    expect(JSON.stringify(after.state)).toBe(before);
    expect(after.commands).toEqual([]);
  }

  /** What of a backlog lies in pages. */
  pagesIn(at: number, { firstPage, nextPage }: Backlog): Segment[] {
    return Array.from({ length: nextPage - firstPage }, (_, page) => firstPage + page).flatMap(
      (page) => this.#pages.get(`${at}/${page}`)!,
    );
  }

  /** Everything in a backlog. Its pages are forgotten. */
  takeSegments(at: number, backlog: Backlog): Segment[] {
    const segments = [...backlog.head, ...this.pagesIn(at, backlog), ...backlog.tail];
    for (let page = backlog.firstPage; page < backlog.nextPage; page += 1) {
      this.#pages.delete(`${at}/${page}`);
    }
    return segments;
  }

  // --- internal ---

  #withPages(): JobState {
    let { state } = this;
    for (const needed of pagesNeeded(state)) {
      const key = `${needed.stage}/${needed.page}`;
      state = withPage(state, needed, this.#pages.get(key)!);
      this.#pages.delete(key);
    }
    return state;
  }

  #countAnew(): void {
    this.#fanIns = this.state.stages.map(() => 0);
    this.#folds = this.state.stages.map(() => 0);
  }

  #run(command: Command): Sent["chunks"] {
    switch (command.type) {
      case "dispatch":
        return [this.#dispatch(command.stage, command.planned)];
      case "spill":
        this.#pages.set(`${command.stage}/${command.spilled.page}`, command.spilled.segments);
        return [];
      case "stage ended":
        this.#fanIns[command.stage]! += 1;
        return [];
      case "start fold":
        this.#folds[command.stage]! += 1;
        return [];
      case "read page":
      case "keep cursor":
      case "collect":
      case "direct":
      case "fold":
      case "folded":
      case "job ended":
        return [];
    }
  }

  #dispatch(at: number, planned: PlannedChunk): Sent["chunks"][number] {
    expect(this.model.mayDispatch(at)).toBe(true);
    const indexes = planned.slices.flatMap((segment) => this.#indexesOf(at, segment));
    const blocks = new Set(indexes.map((index) => Math.floor(index / BLOCK)));
    expect(indexes.find((index, place) => index <= (indexes[place - 1] ?? -1))).toBeUndefined();
    expect(indexes).toHaveLength(planned.size);
    expect(indexes[0]).toBe(planned.first);
    expect(blocks.size).toBe(1);
    this.model.send(at, indexes);
    return { stage: at, planned, indexes };
  }

  /** As a chunk finds its tasks: those that run again by their outcomes, others have an input. */
  #indexesOf(at: number, segment: Segment): number[] {
    const { tasks } = this.model.stages[at]!;
    const { first, source } = segment;
    if (source.kind !== "again") {
      const found = tasksOf([segment]);
      expect(found.filter(({ index, input }) => tasks[index]?.input !== input)).toEqual([]);
      return found.map(({ index }) => index);
    }
    const { last, status, indexes: named } = source;
    const found = [...tasks.keys()].slice(first, last + 1).filter((index) => {
      const { outcomes } = tasks[index]!;
      const before = outcomes.findLast(({ generation }) => generation < this.model.generation);
      return before?.status === status && (named?.includes(index) ?? true);
    });
    expect(found).toHaveLength(segment.count);
    return found;
  }
}

/** Throws where it is changed. */
function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}

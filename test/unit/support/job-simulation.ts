import { expect } from "vitest";
import type { Command } from "../../../services/job/core/command.ts";
import type { PlannedChunk } from "../../../services/job/core/dispatch.ts";
import type { StagePlan } from "../../../services/job/core/plan.ts";
import {
  pagesNeeded,
  reduce,
  withPage,
  type JobEvent,
} from "../../../services/job/core/reducer.ts";
import { splitSegment, type Segment } from "../../../services/job/core/segments.ts";
import {
  hasEnded,
  newJob,
  type ChunkReport,
  type JobState,
  type PassedOn,
} from "../../../services/job/core/state.ts";
import { jobStatus } from "../../../services/job/core/views.ts";
import type { Decisions } from "./decisions.ts";
import { jobPlan } from "./plans.ts";
import { report } from "./reports.ts";
import { inputsOf, tasksOf } from "./segments.ts";

/** Runs one chunk that the job has sent, as an executor would, and says what it has done. */
interface Worker {
  readonly stage: number;
  readonly planned: PlannedChunk;
  readonly startedAt: number;
  seq: number;
  ended: number;
  succeeded: number;
  failed: number;
  retries: number;
  keeps: number;
  returned: readonly Segment[];
  pieces: PassedOn[];
  reportedPieces: number;
  isDone: boolean;
}

/** What the naive model knows of a stage: one entry for each task, in order. */
interface StageModel {
  readonly inputs: string[];
  readonly state: ("waiting" | "sent")[];
  passedOn: number;
  endedCommands: number;
  folding: "not yet" | "running" | "answered";
}

/**
 * A job on its way: the reducer, the pages that it spilled, executors, and the network between them, where
 * reports wait, come twice and come late. After each step everything that is promised of a job is checked
 * against a naive model.
 */
export class JobSimulation {
  readonly #decide: Decisions;
  readonly #pages = new Map<string, readonly Segment[]>();
  readonly #workers: Worker[] = [];
  readonly #network: ChunkReport[] = [];
  readonly #delivered: ChunkReport[] = [];
  readonly #stages: StageModel[];
  readonly #newest = new Map<string, ChunkReport>();
  #jobEndedCommands = 0;
  #now = 0;
  #pieces = 0;
  state: JobState;

  constructor(stages: readonly Partial<StagePlan>[], decide: Decisions) {
    this.#decide = decide;
    this.state = newJob(jobPlan(...stages), { epoch: "e1", hash: "h", at: 0 });
    this.#stages = stages.map(() => ({
      inputs: [],
      state: [],
      passedOn: 0,
      endedCommands: 0,
      folding: "not yet",
    }));
  }

  get isEnded(): boolean {
    return this.state.status !== "RUNNING";
  }

  get canBeFed(): boolean {
    return !this.state.stages[0]!.sealed && !this.isEnded;
  }

  feed(segments: readonly Segment[], seal: boolean): void {
    this.#stages[0]!.inputs.push(...segments.flatMap(inputsOf));
    this.#stages[0]!.state.push(...segments.flatMap(({ count }) => waiting(count)));
    this.#step({ type: "feed", at: this.#tick(), segments, slices: 0, seal });
  }

  /** One thing happens somewhere. False: nothing is left to happen. */
  proceed(): boolean {
    const working = this.#workers.filter(({ isDone }) => !isDone);
    const folding = [...this.#stages.keys()].filter(
      (at) => this.#stages[at]!.folding === "running",
    );
    const happenings = [
      ...(this.#network.length > 0 ? [() => this.#deliver()] : []),
      ...(folding.length > 0 ? [() => this.#answer(this.#decide.oneOf(folding))] : []),
      ...(working.length > 0 ? [() => this.#work(this.#decide.oneOf(working))] : []),
    ];
    if (happenings.length === 0) return false;
    if (this.#decide.areLeft) {
      happenings.push(() => this.#disturb());
    }
    this.#decide.oneOf(happenings)();
    return true;
  }

  // --- internal ---

  #tick(): number {
    this.#now += this.#decide.below(3_000);
    return this.#now;
  }

  #step(event: JobEvent): void {
    let before = this.state;
    for (const needed of pagesNeeded(before)) {
      const key = `${needed.stage}/${needed.page}`;
      before = withPage(before, needed, this.#pages.get(key)!);
      this.#pages.delete(key);
    }
    const { state, commands } = reduce(frozen(before), frozen(event));
    this.state = state;
    for (const command of commands) this.#run(command);
    this.#check();
  }

  #run(command: Command): void {
    switch (command.type) {
      case "dispatch":
        return this.#start(command.stage, command.planned);
      case "spill":
        this.#pages.set(`${command.stage}/${command.spilled.page}`, command.spilled.segments);
        return;
      case "stage ended":
        return this.#stageEnded(command.stage);
      case "job ended":
        this.#jobEndedCommands += 1;
        return;
      case "start fold":
        expect(this.#stages[command.stage]!.folding).toBe("not yet");
        this.#stages[command.stage]!.folding = "running";
        return this.#hasRunAll(command.stage);
      case "collect":
      case "direct":
      case "fold":
      case "folded":
        return;
    }
  }

  #start(stage: number, planned: PlannedChunk): void {
    const model = this.#stages[stage]!;
    const { first, size, slices } = planned;
    const sent = tasksOf(slices);
    const mismatch = sent.findIndex(
      ({ index, input }, at) =>
        index !== first + at || model.state[index] !== "waiting" || input !== model.inputs[index],
    );
    expect(sent[mismatch]).toBeUndefined();
    expect(sent).toHaveLength(size);
    model.state.fill("sent", first, first + size);
    this.#workers.push({
      stage,
      planned,
      startedAt: this.#now,
      keeps: planned.size,
      isDone: false,
      seq: 0,
      ended: 0,
      succeeded: 0,
      failed: 0,
      retries: 0,
      reportedPieces: 0,
      returned: [],
      pieces: [],
    });
  }

  /** A worker ends some tasks, perhaps gives others back, and reports. */
  #work(worker: Worker): void {
    const { stage, planned } = worker;
    const isStraight = !this.#decide.areLeft;
    const left = worker.keeps - worker.ended;
    const ending = isStraight ? left : this.#decide.below(left + 1);
    const failing = Math.min(ending, this.#decide.below(4));
    worker.ended += ending;
    worker.failed += failing;
    worker.succeeded += ending - failing;
    worker.retries += this.#decide.below(3);
    if (stage + 1 < this.#stages.length) this.#passOn(worker, ending - failing);
    const rest = worker.keeps - worker.ended;
    const running = Math.min(rest, this.#decide.below(planned.window + 1));
    const retrying = Math.min(rest - running, this.#decide.below(3));
    const unstarted = rest - running - retrying;
    if (worker.returned.length === 0 && unstarted > 0 && this.#decide.below(3) === 1) {
      worker.keeps -= unstarted;
      worker.returned = lastOf(planned.slices, unstarted);
    }
    worker.isDone = worker.ended === worker.keeps;
    const final = worker.isDone;
    this.#network.push(
      report({
        stage,
        chunk: planned.chunk,
        seq: (worker.seq += 1),
        final,
        at: this.#tick(),
        startedAt: worker.startedAt,
        window: Math.max(1, running),
        succeeded: worker.succeeded,
        failed: worker.failed,
        retries: worker.retries,
        ...(final
          ? {
              running: 0,
              retrying: 0,
            }
          : {
              running,
              retrying,
            }),
        taskMs: worker.ended * 10,
        firstPiece: final ? 0 : worker.reportedPieces,
        pieces: worker.pieces.slice(final ? 0 : worker.reportedPieces),
        returned: worker.returned,
      }),
    );
    worker.reportedPieces = worker.pieces.length;
  }

  #passOn(worker: Worker, succeeded: number): void {
    if (succeeded === 0) return;
    const counts = this.#decide.oneOf([
      [succeeded],
      [],
      [this.#decide.below(40), 0, 2],
      Array.from({ length: succeeded }, () => 1),
    ]);
    for (const count of counts) {
      const bytes = this.#decide.oneOf([100, 0, 400 * MIB]);
      const name = `piece ${this.#pieces++}`;
      worker.pieces.push({ key: "a", name, count, bytes: count === 0 ? 0 : bytes });
    }
  }

  /** The oldest report of one of the chunks arrives, so that each chunk's stay in order. */
  #deliver(): void {
    const chosen = this.#decide.oneOf(this.#network);
    const isOfSame = ({ stage, chunk }: ChunkReport) =>
      stage === chosen.stage && chunk === chosen.chunk;
    const at = this.#network.findIndex(isOfSame);
    const [next] = this.#network.splice(at, 1);
    this.#accept(next!);
    this.#step({ type: "report", report: next! });
    this.#delivered.push(next!);
  }

  /** Something arrives that says nothing new. */
  #disturb(): void {
    const kind = this.#decide.below(4);
    const known = this.#decide.oneOf([...this.#delivered, ...this.#network, report()]);
    const isNew = this.#network.includes(known) || !this.#delivered.includes(known);
    const disturbing =
      kind === 0
        ? { ...known, epoch: "e0" }
        : kind === 1
          ? { ...known, generation: 2 }
          : kind === 2
            ? { ...known, chunk: 9_999 }
            : isNew
              ? { ...known, stage: 9 }
              : known;
    this.#changesNothing({ type: "report", report: disturbing });
  }

  /** What the report adds to the naive model. */
  #accept(next: ChunkReport): void {
    const key = `${next.stage}/${next.chunk}`;
    const known = this.#newest.get(key);
    const seen = known ? known.firstPiece + known.pieces.length : 0;
    const following = this.#stages[next.stage + 1];
    for (const piece of next.pieces.slice(Math.max(0, seen - next.firstPiece))) {
      if (!following) break;
      const source = { kind: "piece", key: piece.key, name: piece.name, offset: 0 } as const;
      following.inputs.push(...inputsOf({ first: 0, count: piece.count, bytes: 0, source }));
      following.state.push(...waiting(piece.count));
      this.#stages[next.stage]!.passedOn += piece.count;
    }
    if (!known || known.returned.length === 0) {
      for (const { first, count } of next.returned) {
        this.#stages[next.stage]!.state.fill("waiting", first, first + count);
      }
    }
    this.#newest.set(key, next);
  }

  /** A user's fold has gone through the outcomes of a stage; its answer comes twice. */
  #answer(stage: number): void {
    const isOk = this.#decide.below(3) < 2;
    const answer = isOk ? { json: "1" } : { error: { code: "FOLD_FAILED", message: "no" } };
    const folded = { epoch: "e1", generation: 1, stage, at: this.#tick(), answer };
    for (const foreign of [{ epoch: "e0" }, { generation: 2 }, { stage: 9 }]) {
      this.#changesNothing({ type: "folded", folded: { ...folded, ...foreign } });
    }
    this.#stages[stage]!.folding = "answered";
    this.#step({ type: "folded", folded });
    this.#changesNothing({ type: "folded", folded });
    if (!isOk) expect(this.state.stages[stage]!.status).toBe("FAILED");
  }

  #changesNothing(event: JobEvent): void {
    const before = JSON.stringify(this.state);
    const after = reduce(frozen(this.state), frozen(event));
    expect(JSON.stringify(after.state)).toBe(before);
    expect(after.commands).toEqual([]);
  }

  #stageEnded(at: number): void {
    const isUsers = typeof this.state.plan.stages[at]!.fold === "object";
    this.#stages[at]!.endedCommands += 1;
    expect(this.#stages[at]!.folding).toBe(isUsers ? "answered" : "not yet");
    this.#hasRunAll(at);
  }

  #hasRunAll(at: number): void {
    const stage = this.state.stages[at]!;
    const previous = this.state.stages[at - 1];
    expect(stage.sealed).toBe(true);
    expect(stage.backlog.tasks).toBe(0);
    expect(stage.chunks).toEqual({});
    expect(stage.succeeded + stage.failed).toBe(stage.total);
    if (previous) expect(hasEnded(previous)).toBe(true);
    expect(this.#stages[at]!.state.includes("waiting")).toBe(false);
  }

  #check(): void {
    const { stages } = this.state;
    for (const { stage: at, counts } of jobStatus("job", this.state).stages) {
      const stage = stages[at]!;
      const model = this.#stages[at]!;
      const { total, ...parts } = counts;
      const windows = Object.values(stage.chunks).map(({ window }) => window);
      const reports = [...this.#newest.values()].filter((newest) => newest.stage === at);
      expect(sum(Object.values(parts))).toBe(total);
      expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0);
      expect(sum(windows)).toBeLessThanOrEqual(this.state.plan.stages[at]!.concurrency);
      expect({ total, ...parts, retries: stage.retries, ends: model.endedCommands }).toMatchObject({
        total: at === 0 ? model.inputs.length : this.#stages[at - 1]!.passedOn,
        succeeded: sum(reports.map(({ succeeded }) => succeeded)),
        failed: sum(reports.map(({ failed }) => failed)),
        retries: sum(reports.map(({ retries }) => retries)),
        ends: hasEnded(stage) ? 1 : 0,
      });
      if (at > 0) expect(stage.sealed).toBe(hasEnded(stages[at - 1]!));
    }
    const isEnded = stages.every(hasEnded);
    expect(this.isEnded).toBe(isEnded);
    expect(this.#jobEndedCommands).toBe(isEnded ? 1 : 0);
  }
}

const MIB = 1024 * 1024;

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

const waiting = (count: number) => Array.from({ length: count }, () => "waiting" as const);

/** The last `count` tasks of consecutive segments. */
function lastOf(segments: readonly Segment[], count: number): Segment[] {
  let skip = segments.reduce((sum, segment) => sum + segment.count, 0) - count;
  return segments.flatMap((segment) => {
    if (skip >= segment.count) {
      skip -= segment.count;
      return [];
    }
    const rest = skip === 0 ? segment : splitSegment(segment, skip)[1];
    skip = 0;
    return rest ? [rest] : [];
  });
}

/** Throws where it is changed. */
function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}

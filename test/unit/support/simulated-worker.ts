import type { EndStatus } from "../../../services/contract/task.ts";
import type { PlannedChunk } from "../../../services/job/core/dispatch.ts";
import { segmentFrom, type Segment } from "../../../services/job/core/segments.ts";
import type {
  BegunChunk,
  ChunkReport,
  FreedChunk,
  PassedOn,
} from "../../../services/job/core/state.ts";
import { newest, type Directive } from "../../../services/task/directive.ts";
import { Slots } from "../../../services/task/executor/slots.ts";
import type { Decisions } from "./decisions.ts";
import type { Ended } from "./job-model.ts";
import { report } from "./reports.ts";

/** A chunk as the job has sent it. */
export interface SentChunk {
  readonly stage: number;
  readonly generation: number;
  readonly planned: PlannedChunk;
  /** of all its tasks, in order */
  readonly indexes: readonly number[];
  readonly sentAt: number;
  readonly passesOn: boolean;
}

/** A report, and what a naive reader learns from it. */
export interface Account {
  readonly report: ChunkReport;
  readonly ended: readonly Ended[];
  readonly returned: readonly number[];
  readonly pieces: readonly PassedOn[];
  readonly retries: number;
}

/** Runs one chunk as an executor does: starts tasks in order, ends them in any, and obeys what it is told. */
export class SimulatedWorker {
  readonly sent: SentChunk;
  /** told, and not heard yet */
  readonly inbox: Directive[] = [];
  /** it has given its last report */
  isDone = false;
  #runner = 0;
  #seq = 0;
  #unstarted: number[];
  readonly #running: number[] = [];
  readonly #retrying: number[] = [];
  #lastEnded = -1;
  /** those up to here may have been tried by an earlier runner */
  #lastKnown = -1;
  #directive: Directive | null = null;
  #owesReport = false;
  #slots: Slots;
  /** it has said what it wants since it was told something */
  #hasAsked = false;
  #returned: readonly Segment[] = [];
  readonly #pieces: PassedOn[] = [];
  #reportedPieces = 0;
  #saidRetries = 0;
  readonly #totals = { succeeded: 0, failed: 0, cancelled: 0, retries: 0, taskMs: 0 };
  #news = nothingNew();

  constructor(sent: SentChunk) {
    this.sent = sent;
    this.#unstarted = [...sent.indexes];
    const { stage, planned } = sent;
    this.#slots = new Slots({ stage, granted: planned.window, released: 0 });
  }

  get invocation(): string {
    const { stage, planned } = this.sent;
    return `runner ${this.#runner} of chunk ${planned.chunk} of stage ${stage}`;
  }

  /** False: it has ended, or waits to be told to go on. */
  get canWork(): boolean {
    if (this.isDone) return false;
    const mayAsk = this.#isOn && this.slots === 0 && !this.#hasAsked;
    return this.#owesReport || this.#running.length > 0 || this.#mayStart || mayAsk;
  }

  /** So many of its tasks may run at once. */
  get slots(): number {
    return this.#slots.count;
  }

  /** What it did is stored, so that another runner can take it up. */
  get canBeKilled(): boolean {
    return !this.isDone && !this.#owesReport;
  }

  get begun(): BegunChunk {
    const seq = 1_000_000 * this.#runner;
    return { ...this.freed, invocation: this.invocation, seq };
  }

  get freed(): FreedChunk {
    const { stage, generation, planned } = this.sent;
    return { epoch: "e1", generation, stage, chunk: planned.chunk };
  }

  hear(): void {
    this.#directive = newest(this.#directive, this.inbox.shift()!);
    if (this.#directive.type === "yield") this.#slots.grant(this.#directive.granted);
    this.#hasAsked = false;
    this.#giveBack();
    if (this.#isStopped) {
      for (const index of this.#unstarted.splice(0)) this.#end(index, "CANCELLED");
      for (const index of this.#retrying.splice(0)) this.#end(index, "CANCELLED");
    }
    this.#owesReport = true;
  }

  /** Starts some tasks, ends some, perhaps gives others back, and reports. */
  work(decide: Decisions, at: number): Account {
    const isStraight = !decide.areLeft;
    if (this.#mayStart) {
      const starting = isStraight ? Infinity : decide.below(this.#unstarted.length + 1);
      this.#running.push(...this.#retrying.splice(0), ...this.#unstarted.splice(0, starting));
    }
    const most = this.#running.length;
    const least = Math.max(0, most - this.slots);
    const ending = isStraight ? most : least + decide.below(most - least + 1);
    const ended = this.#running.splice(decide.below(2) === 0 ? 0 : most - ending, ending);
    const unlucky = Math.min(ending, decide.oneOf([0, 1, 3, Infinity]));
    for (const [place, index] of ended.entries()) {
      const lost = this.#isStopped ? "CANCELLED" : "FAILED";
      this.#end(index, place < unlucky ? lost : "SUCCEEDED");
    }
    if (!this.#isStopped) this.#retrying.push(...this.#running.splice(0, decide.below(3)));
    if (this.sent.passesOn && ending > unlucky) this.#passOn(ending - unlucky, decide);
    if (decide.below(4) === 1) this.#giveBack();
    this.#totals.retries += decide.below(3);
    // Retries are due when there is nothing else to do.
    const isFar = this.slots > 0 && decide.below(3) === 1;
    return this.#account(at, isFar ? 0 : this.#retrying.length);
  }

  /** Its runner is killed. Another takes up what was stored; it was told nothing. */
  takeUp(): void {
    const open = [...this.#unstarted, ...this.#running.splice(0), ...this.#retrying.splice(0)];
    this.#unstarted = open.sort((a, b) => a - b);
    this.#runner += 1;
    this.#seq = 1_000_000 * this.#runner;
    this.#lastKnown = this.#lastEnded;
    this.#directive = null;
    this.inbox.length = 0;
    this.#slots = new Slots({ stage: this.sent.stage, granted: 0, released: 0 });
    this.#hasAsked = false;
    this.#reportedPieces = 0;
    Object.assign(this.#totals, { retries: 0, taskMs: 0 });
  }

  // --- internal ---

  /** Neither paused nor stopped. */
  get #isOn(): boolean {
    return this.#directive === null || this.#directive.type === "yield";
  }

  get #mayStart(): boolean {
    return this.#isOn && this.slots > 0;
  }

  get #isStopped(): boolean {
    return this.#directive?.type === "stop";
  }

  #end(index: number, status: EndStatus): void {
    this.#news.ended.push([index, status]);
    this.#lastEnded = Math.max(this.#lastEnded, index);
    this.#totals[TOTAL_OF[status]] += 1;
    this.#totals.taskMs += 10;
  }

  /** What was not started goes back, once. */
  #giveBack(): void {
    const { planned, indexes } = this.sent;
    const from = this.#unstarted.findIndex((index) => index > this.#lastKnown);
    if (from === -1 || this.#returned.length > 0) return;
    this.#news.returned = this.#unstarted.splice(from);
    const first = this.#news.returned[0]!;
    this.#returned = planned.slices.flatMap((slice) => segmentFrom(slice, first, indexes) ?? []);
  }

  #passOn(succeeded: number, decide: Decisions): void {
    const counts = decide.oneOf([
      [succeeded],
      [],
      [decide.below(40), 0, 2],
      Array.from({ length: succeeded }, () => 1),
    ]);
    for (const count of counts) {
      const bytes = decide.oneOf([100, 0, 400 * MIB]);
      const name = `piece ${this.#pieces.length} of ${this.invocation}`;
      const piece = { key: "a", name, count, bytes: count === 0 ? 0 : bytes };
      this.#pieces.push(piece);
      this.#news.pieces.push(piece);
    }
  }

  /** `due`: so many retries could start now. */
  #account(at: number, due: number): Account {
    const { stage, generation, planned, sentAt } = this.sent;
    const final = this.#unstarted.length + this.#running.length + this.#retrying.length === 0;
    this.isDone = final;
    const running = this.#running.length;
    const retrying = this.#retrying.length;
    const news = this.#news;
    this.#news = nothingNew();
    this.#owesReport = false;
    const retries = Math.max(0, this.#totals.retries - this.#saidRetries);
    this.#saidRetries = this.#totals.retries;
    this.#hasAsked = due === retrying;
    if (this.#unstarted.length === 0 && !final) this.#slots.keep(running + due);
    const mayReturn =
      this.#returned.length === 0 && this.#unstarted.some((index) => index > this.#lastKnown);
    if (!mayReturn) this.#slots.want(running + (this.#isOn ? this.#unstarted.length + due : 0));
    const firstPiece = final ? 0 : this.#reportedPieces;
    this.#reportedPieces = this.#pieces.length;
    const said = report({
      generation,
      stage,
      chunk: planned.chunk,
      invocation: this.invocation,
      seq: (this.#seq += 1),
      final,
      at,
      startedAt: sentAt,
      window: planned.window,
      ...(final ? {} : this.#slots.head),
      ...this.#totals,
      running,
      retrying,
      firstPiece,
      pieces: this.#pieces.slice(firstPiece),
      returned: this.#returned,
    });
    return { report: said, ...news, retries };
  }
}

const MIB = 1024 * 1024;
const TOTAL_OF = { SUCCEEDED: "succeeded", FAILED: "failed", CANCELLED: "cancelled" } as const;

interface News {
  readonly ended: Ended[];
  returned: readonly number[];
  readonly pieces: PassedOn[];
}

const nothingNew = (): News => ({ ended: [], returned: [], pieces: [] });

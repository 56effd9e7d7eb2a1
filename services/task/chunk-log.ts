import type { TimelineChunk } from "../contract/handlers.ts";
import { BLOCK } from "../job/core/dispatch.ts";
import { segmentFrom, type Segment } from "../job/core/segments.ts";
import type { ChunkReport } from "../job/core/state.ts";
import { ChunkFold } from "./chunk-fold.ts";
import { blockKey, numbersBelow, type ChunkSpec } from "./chunk-spec.ts";
import type { Group, PendingTask } from "./executor/group.ts";
import { isEmissionPiece } from "./piece.ts";
import { Pieces, type Piece } from "./pieces.ts";
import { lineIndex, lineStatus } from "./record.ts";

/**
 * What the committed groups of a chunk add up to. A function of the groups alone, so that a replayed
 * chunk stores and reports the same again.
 */
export class ChunkLog {
  readonly spec: ChunkSpec;
  readonly key: string;
  readonly #invocation: string;
  readonly #indexes: readonly number[];
  /** indexes that have an outcome */
  readonly ended = new Set<number>();
  /** failed attempts of tasks that have none yet */
  readonly retries = new Map<number, PendingTask>();
  readonly #pieces: Pieces;
  readonly #fold: ChunkFold;
  #committedBytes = 0;
  #size: number;
  #returned: readonly Segment[] = [];
  #returnedFrom: number | null = null;
  #seq: number;
  #startedAt: number | null = null;
  #last: Group["head"] | null = null;
  #released = 0;
  #isIntroduced: boolean;
  /** what no report has said yet */
  #progress: string | undefined;
  #totals = { succeeded: 0, failed: 0, cancelled: 0, retries: 0, taskMs: 0 };

  /** `indexes`: of all its tasks, in order; `invocation`: of the runner */
  constructor(
    spec: ChunkSpec,
    { indexes, invocation }: { readonly indexes: readonly number[]; readonly invocation: string },
  ) {
    this.spec = spec;
    this.#indexes = indexes;
    this.#size = indexes.length;
    this.#invocation = invocation;
    this.#seq = numbersBelow(spec);
    this.#isIntroduced = spec.takeovers > 0;
    this.key = blockKey(spec.jobId, spec.epoch, spec.stage, Math.floor(spec.first / BLOCK));
    this.#pieces = new Pieces(spec, this.key);
    this.#fold = new ChunkFold(spec);
  }

  /** When its first task could start. */
  get startedAt(): number {
    return this.#startedAt ?? 0;
  }

  begin(at: number): void {
    this.#startedAt ??= at;
  }

  /** The highest index that is known to have been tried. */
  get lastKnown(): number {
    let last = -1;
    for (const index of this.ended) last = Math.max(last, index);
    for (const index of this.retries.keys()) last = Math.max(last, index);
    return last;
  }

  /** Every task that it keeps has an outcome. */
  get isDone(): boolean {
    return this.ended.size === this.size;
  }

  /** Tasks it keeps: those it was given less those it gave back. */
  get size(): number {
    return this.#size;
  }

  /** Tasks from this index on went back to the job. */
  get returnedFrom(): number | null {
    return this.#returnedFrom;
  }

  /** It keeps this task of its own and the task has no outcome yet. */
  isOpen(index: number): boolean {
    return index < (this.#returnedFrom ?? Infinity) && !this.ended.has(index);
  }

  /** Of everything that was committed, and of what no flush has taken. */
  get committedBytes(): number {
    return this.#committedBytes;
  }

  get unsavedBytes(): number {
    return this.#pieces.bytes;
  }

  /** Slots that it has released so far. */
  get released(): number {
    return this.#released;
  }

  /** The job knows whom to tell what holds for this chunk. */
  get isIntroduced(): boolean {
    return this.#isIntroduced;
  }

  get hasUnsaved(): boolean {
    return !this.#pieces.isEmpty;
  }

  add({ head, lines }: Group): void {
    this.#last = head;
    this.#released = head.released ?? this.#released;
    this.#isIntroduced ||= head.report || head.introduces === true;
    this.#progress = head.progress ?? this.#progress;
    for (const line of lines) this.#committedBytes += line.length;
    const outcomes = lines.slice(0, head.outcomes);
    for (const retry of head.retries) this.retries.set(retry.index, retry);
    this.#record(outcomes);
    this.#pieces.add(outcomes, head.passes === "lines" ? lines.slice(head.outcomes) : null);
    this.#totals.succeeded += head.succeeded;
    this.#totals.failed += head.failed;
    this.#totals.cancelled += head.cancelled;
    this.#totals.retries += head.retries.length;
    this.#totals.taskMs += head.taskMs;
    if (head.returnedFrom !== null) this.#giveBack(head.returnedFrom);
  }

  /** Takes in what was stored before. */
  restore(piece: Piece): void {
    this.#pieces.restore(piece);
    const { name, lines } = piece;
    if (isEmissionPiece(name)) return;
    this.#record(lines);
    for (const line of lines) this.#totals[TOTAL_OF[lineStatus(line)]] += 1;
  }

  /** After all of it; `returnedFrom`: where what went back before began, null: nothing did. */
  resume(returnedFrom: number | null): void {
    if (returnedFrom !== null) this.#giveBack(returnedFrom);
  }

  /** The pieces to store now; they are in the next report. */
  flush(): Piece[] {
    return this.#pieces.flush();
  }

  /** All it has done so far; `final` when nothing is left. */
  report(final: boolean): ChunkReport {
    const { epoch, generation, stage, chunk, window } = this.spec;
    const last = this.#last;
    this.#seq += 1;
    const progress = this.#progress;
    this.#progress = undefined;
    return {
      epoch,
      generation,
      stage,
      chunk,
      invocation: this.#invocation,
      seq: this.#seq,
      final,
      at: last?.at ?? this.startedAt,
      startedAt: this.startedAt,
      window,
      ...(this.#released > 0 && !final ? { released: this.#released } : {}),
      ...(last?.wants && !final ? { wants: last.wants } : {}),
      ...this.#totals,
      running: last?.running ?? 0,
      retrying: last?.retrying ?? 0,
      nextRetryAt: last?.nextRetryAt ?? null,
      ...(last?.heldBy && !final ? { heldBy: last.heldBy } : {}),
      ...(progress === undefined ? {} : { progress }),
      ...this.#pieces.report(final),
      returned: this.#returned,
      ...this.#fold.report(final),
    };
  }

  timeline(): TimelineChunk {
    const { succeeded, failed } = this.#totals;
    return {
      first: this.spec.first,
      size: this.size,
      startedAt: this.startedAt,
      endedAt: this.#last?.at ?? this.startedAt,
      succeeded,
      failed,
      worker: this.#last?.worker ?? "",
    };
  }

  // --- internal ---

  #record(outcomes: readonly string[]): void {
    for (const line of outcomes) {
      const index = lineIndex(line);
      this.ended.add(index);
      this.retries.delete(index);
    }
    this.#fold.add(outcomes);
  }

  #giveBack(from: number): void {
    this.#returnedFrom = from;
    this.#size = this.#indexes.filter((index) => index < from).length;
    this.#returned = this.spec.slices.flatMap(
      (segment) => segmentFrom(segment, from, this.#indexes) ?? [],
    );
  }
}

const TOTAL_OF = { SUCCEEDED: "succeeded", FAILED: "failed", CANCELLED: "cancelled" } as const;

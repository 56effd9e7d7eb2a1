import type { TimelineChunk } from "../contract/handlers.ts";
import { LIMITS } from "../contract/limits.ts";
import { BLOCK } from "../job/core/dispatch.ts";
import { segmentFrom, type Segment } from "../job/core/segments.ts";
import {
  incrementalFold,
  type IncrementalFold,
  type TaskResult,
} from "../job/core/fold/incremental.ts";
import type { ChunkReport, PassedOn } from "../job/core/state.ts";
import { blockKey, type ChunkSpec } from "./chunk-spec.ts";
import { emissionTasks, plainEmission } from "./emission.ts";
import type { Group, PendingTask } from "./executor/group.ts";
import { emissionPiece, isEmissionPiece, outcomePiece, parsePiece } from "./piece.ts";
import { isSucceeded, lineIndex, lineStatus, parseLine, resultText } from "./record.ts";

/** Something to store: lines under a name. */
export interface Piece {
  readonly name: string;
  readonly lines: readonly string[];
}

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
  #unsaved: string[] = [];
  #unsavedEmissions: string[] | null = null;
  #part = 0;
  #passed: PassedOn[] = [];
  #reportedPieces = 0;
  /** entries for `collect`; null: not wanted, or more than a job keeps inline */
  #collected: string[] | null;
  #collectedBytes = 0;
  readonly #fold: IncrementalFold | null;
  /** what the fold comes to so far; null without one */
  #folded: unknown;
  #committedBytes = 0;
  #unsavedBytes = 0;
  #size: number;
  #returned: readonly Segment[] = [];
  #returnedFrom: number | null = null;
  #seq = 0;
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
    this.#isIntroduced = spec.takeovers > 0;
    this.key = blockKey(spec.jobId, spec.epoch, spec.stage, Math.floor(spec.first / BLOCK));
    this.#collected = spec.collects ? [] : null;
    this.#fold = incrementalFold(spec.plan.fold);
    this.#folded = this.#fold?.partOf([]) ?? null;
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
    return this.#unsavedBytes;
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
    return this.#unsaved.length > 0;
  }

  add({ head, lines }: Group): void {
    this.#last = head;
    this.#released = head.released ?? this.#released;
    this.#isIntroduced ||= head.report || head.introduces === true;
    this.#progress = head.progress ?? this.#progress;
    const bytes = bytesOf(lines);
    this.#committedBytes += bytes;
    this.#unsavedBytes += bytes;
    const outcomes = lines.slice(0, head.outcomes);
    for (const retry of head.retries) this.retries.set(retry.index, retry);
    this.#record(outcomes);
    this.#passOn(outcomes, head.passes === "lines" ? lines.slice(head.outcomes) : null);
    this.#totals.succeeded += head.succeeded;
    this.#totals.failed += head.failed;
    this.#totals.cancelled += head.cancelled;
    this.#totals.retries += head.retries.length;
    this.#totals.taskMs += head.taskMs;
    if (head.returnedFrom !== null) this.#giveBack(head.returnedFrom);
  }

  /** Takes in what was stored before. */
  restore({ name, lines }: Piece): void {
    if (isEmissionPiece(name)) {
      this.#passed.push(this.#passedOn(name, lines));
      return;
    }
    this.#record(lines);
    this.#unsaved = [];
    for (const line of lines) this.#totals[TOTAL_OF[lineStatus(line)]] += 1;
    if (parsePiece(name)?.passes) this.#passed.push(this.#passedResults(name, lines));
  }

  /** After all of it: pieces and reports get numbers from `firstPart` on. */
  resume(returnedFrom: number | null, firstPart: number): void {
    this.#part = firstPart;
    this.#seq = firstPart;
    if (returnedFrom !== null) this.#giveBack(returnedFrom);
  }

  /** The pieces to store now; they are in the next report. */
  flush(): Piece[] {
    const pieces: Piece[] = [];
    const { generation, chunk, next } = this.spec;
    for (const lines of cut(this.#unsaved)) {
      const indexes = lines.map(lineIndex);
      const [min, max] = [Math.min(...indexes), Math.max(...indexes)];
      const passes = next !== null && this.#unsavedEmissions === null;
      const name = outcomePiece({ min, max, generation, chunk, part: this.#part++, passes });
      pieces.push({ name, lines });
      if (passes) this.#passed.push(this.#passedResults(name, lines));
    }
    for (const lines of cut(this.#unsavedEmissions ?? [])) {
      const name = emissionPiece({ generation, chunk, part: this.#part++ });
      pieces.push({ name, lines });
      this.#passed.push(this.#passedOn(name, lines));
    }
    this.#unsaved = [];
    this.#unsavedEmissions = null;
    this.#unsavedBytes = 0;
    return pieces;
  }

  /** All it has done so far; `final` when nothing is left. */
  report(final: boolean): ChunkReport {
    const { epoch, generation, stage, chunk, window } = this.spec;
    const last = this.#last;
    const firstPiece = final ? 0 : this.#reportedPieces;
    this.#reportedPieces = this.#passed.length;
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
      firstPiece,
      pieces: this.#passed.slice(firstPiece),
      returned: this.#returned,
      collected: final ? this.#collected : null,
      fold: final ? this.#folded : null,
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
      this.#unsaved.push(line);
      this.#collect(line);
    }
    if (this.#fold) {
      this.#folded = this.#fold.merge(this.#folded, this.#fold.partOf(resultsOf(outcomes)));
    }
  }

  #collect(line: string): void {
    if (!this.#collected) return;
    const entry = collectedEntry(line);
    this.#collectedBytes += entry.length;
    if (this.#collectedBytes > LIMITS.collectBytes) this.#collected = null;
    else this.#collected.push(entry);
  }

  #passOn(outcomes: readonly string[], emissions: readonly string[] | null): void {
    if (!this.spec.next) return;
    if (emissions && !this.#unsavedEmissions) {
      // Until now results were passed on as they are; from here on emission lines say it for all.
      const before = this.#unsaved.slice(0, this.#unsaved.length - outcomes.length);
      this.#unsavedEmissions = before.filter(isSucceeded).map(plainEmission);
    }
    const plain = () => outcomes.filter(isSucceeded).map(plainEmission);
    this.#unsavedEmissions?.push(...(emissions ?? plain()));
  }

  #giveBack(from: number): void {
    this.#returnedFrom = from;
    this.#size = this.#indexes.filter((index) => index < from).length;
    this.#returned = this.spec.slices.flatMap(
      (segment) => segmentFrom(segment, from, this.#indexes) ?? [],
    );
  }

  #passedResults(name: string, lines: readonly string[]): PassedOn {
    const succeeded = lines.filter(isSucceeded);
    return { key: this.key, name, count: succeeded.length, bytes: bytesOf(succeeded) };
  }

  #passedOn(name: string, lines: readonly string[]): PassedOn {
    const count = lines.reduce((sum, line) => sum + emissionTasks(line), 0);
    return { key: this.key, name, count, bytes: bytesOf(lines) };
  }
}

const TOTAL_OF = { SUCCEEDED: "succeeded", FAILED: "failed", CANCELLED: "cancelled" } as const;
function resultsOf(outcomes: readonly string[]): TaskResult[] {
  return outcomes
    .filter(isSucceeded)
    .map((line) => ({ index: lineIndex(line), value: JSON.parse(resultText(line)) as unknown }));
}

function collectedEntry(line: string): string {
  const index = lineIndex(line);
  if (isSucceeded(line)) return `[${index},{"ok":true,"value":${resultText(line)}}]`;
  const { error } = parseLine(line, { jobId: "", stage: 0, startedAt: 0 });
  return `[${index},${JSON.stringify({ ok: false, error })}]`;
}

/** Lines in runs of at most 1 MiB (or one line). */
function* cut(lines: readonly string[]): Generator<string[]> {
  let run: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    const more = Buffer.byteLength(line) + 1;
    if (run.length > 0 && bytes + more > LIMITS.commitBytes) {
      yield run;
      run = [];
      bytes = 0;
    }
    run.push(line);
    bytes += more;
  }
  if (run.length > 0) yield run;
}

const bytesOf = (lines: readonly string[]) => lines.reduce((sum, line) => sum + line.length, 0);

import { LIMITS } from "../contract/limits.ts";
import type { ChunkReport, PassedOn } from "../job/core/state.ts";
import { numbersBelow, type ChunkSpec } from "./chunk-spec.ts";
import { emissionTasks, plainEmission } from "./emission.ts";
import { emissionPiece, isEmissionPiece, outcomePiece, parsePiece } from "./piece.ts";
import { isSucceeded, lineIndex } from "./record.ts";

/** Something to store: lines under a name. */
export interface Piece {
  readonly name: string;
  readonly lines: readonly string[];
}

/** The pieces in which a chunk stores its outcomes, and which of them the next stage makes tasks of. */
export class Pieces {
  readonly #spec: ChunkSpec;
  /** of the Data object that keeps them */
  readonly #key: string;
  #outcomes: string[] = [];
  /** what is passed on; null: the results, as they are */
  #emissions: string[] | null = null;
  #bytes = 0;
  #part: number;
  #passed: PassedOn[] = [];
  #reported = 0;

  constructor(spec: ChunkSpec, key: string) {
    this.#spec = spec;
    this.#key = key;
    this.#part = numbersBelow(spec);
  }

  /** Outcomes that no flush has taken. */
  get isEmpty(): boolean {
    return this.#outcomes.length === 0;
  }

  /** Of all that no flush has taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `emissions`: what the outcomes pass on; null: nothing but their results. */
  add(outcomes: readonly string[], emissions: readonly string[] | null): void {
    this.#bytes += bytesOf(outcomes) + bytesOf(emissions ?? []);
    if (this.#spec.next) this.#passOn(outcomes, emissions);
    this.#outcomes.push(...outcomes);
  }

  /** One of them was stored before. */
  restore({ name, lines }: Piece): void {
    if (isEmissionPiece(name)) this.#passed.push(this.#passedEmissions(name, lines));
    else if (parsePiece(name)?.passes) this.#passed.push(this.#passedResults(name, lines));
  }

  /** What is to be stored now; the next report names it. */
  flush(): Piece[] {
    const pieces: Piece[] = [];
    const { generation, chunk, next } = this.#spec;
    for (const lines of cut(this.#outcomes)) {
      const indexes = lines.map(lineIndex);
      const [min, max] = [Math.min(...indexes), Math.max(...indexes)];
      const passes = next !== null && this.#emissions === null;
      const name = outcomePiece({ min, max, generation, chunk, part: this.#part++, passes });
      pieces.push({ name, lines });
      if (passes) this.#passed.push(this.#passedResults(name, lines));
    }
    for (const lines of cut(this.#emissions ?? [])) {
      const name = emissionPiece({ generation, chunk, part: this.#part++ });
      pieces.push({ name, lines });
      this.#passed.push(this.#passedEmissions(name, lines));
    }
    this.#outcomes = [];
    this.#emissions = null;
    this.#bytes = 0;
    return pieces;
  }

  /** What the next stage makes tasks of: the last report names all, the others what is new. */
  report(final: boolean): Pick<ChunkReport, "firstPiece" | "pieces"> {
    const firstPiece = final ? 0 : this.#reported;
    this.#reported = this.#passed.length;
    return { firstPiece, pieces: this.#passed.slice(firstPiece) };
  }

  // --- internal ---

  #passOn(outcomes: readonly string[], emissions: readonly string[] | null): void {
    if (emissions) {
      // Until now results were passed on as they are; from here on emission lines say it for all.
      this.#emissions ??= plainEmissions(this.#outcomes);
    }
    this.#emissions?.push(...(emissions ?? plainEmissions(outcomes)));
  }

  #passedResults(name: string, lines: readonly string[]): PassedOn {
    const succeeded = lines.filter(isSucceeded);
    return { key: this.#key, name, count: succeeded.length, bytes: bytesOf(succeeded) };
  }

  #passedEmissions(name: string, lines: readonly string[]): PassedOn {
    const count = lines.reduce((sum, line) => sum + emissionTasks(line), 0);
    return { key: this.#key, name, count, bytes: bytesOf(lines) };
  }
}

const plainEmissions = (outcomes: readonly string[]) =>
  outcomes.filter(isSucceeded).map(plainEmission);

const bytesOf = (lines: readonly string[]) => lines.reduce((sum, line) => sum + line.length, 0);

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

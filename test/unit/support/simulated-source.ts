import { expect } from "vitest";
import { SOURCE } from "../../../services/contract/task.ts";
import { PAGES_AHEAD } from "../../../services/job/core/pages.ts";
import type { BegunChunk, ChunkReport, PassedOn } from "../../../services/job/core/state.ts";
import type { Directive } from "../../../services/task/directive.ts";
import type { Decisions } from "./decisions.ts";
import type { JobModel } from "./job-model.ts";
import { report } from "./reports.ts";

/** A page that was asked for. */
export interface AskedPage {
  readonly page: number;
  readonly chunk: number;
  readonly generation: number;
}

/** What a reader of a page has said, and what came of the page: null as long as nothing has. */
export interface PageAccount {
  readonly report: ChunkReport;
  readonly came: "read" | "failed" | "not read" | null;
}

/** Reads pages as the executor does: one chunk to a page, which is tried again, given back, or told to stop. */
export class SimulatedSource {
  /** told, and not heard yet */
  readonly inbox: Directive[] = [];
  readonly #pages: readonly number[];
  #asked: AskedPage | null = null;
  #runner = 0;
  #seq = 0;
  #retries = 0;
  #directive: Directive | null = null;

  /** `pages`: how many items each has */
  constructor(pages: readonly number[]) {
    this.#pages = pages;
  }

  /** The job asks for the page it stands at, one at a time, and only while few are ahead. */
  ask(asked: AskedPage, model: JobModel): void {
    expect(this.#asked).toBeNull();
    expect(asked.page).toBe(model.nextPage);
    expect(model.mayRead).toBe(true);
    expect(model.pagesAhead).toBeLessThan(PAGES_AHEAD);
    this.inbox.length = 0;
    this.#directive = null;
    this.#asked = asked;
    this.#retries = 0;
    model.isReading = true;
  }

  get invocation(): string {
    return `runner ${this.#runner} of page chunk ${this.#asked?.chunk}`;
  }

  /** The page that it was asked for last. */
  get begun(): BegunChunk {
    const { chunk, generation } = this.#asked!;
    const seq = 1_000_000 * this.#runner;
    return { epoch: "e1", generation, stage: SOURCE, chunk, invocation: this.invocation, seq };
  }

  get canWork(): boolean {
    return this.#asked !== null && (this.#directive?.type !== "pause" || this.inbox.length > 0);
  }

  /** Another runner takes the page up; it was told nothing. */
  takeUp(): void {
    this.#runner += 1;
    this.#seq = 1_000_000 * this.#runner;
    this.#directive = null;
    this.inbox.length = 0;
  }

  /** Reads the page; or says that it is not read yet, gives it back, or fails. */
  work(decide: Decisions, at: number): PageAccount {
    const { page, chunk, generation } = this.#asked!;
    this.#directive = this.inbox.splice(0).at(-1) ?? this.#directive;
    const isStopped = this.#directive?.type === "stop";
    const isPaused = this.#directive?.type === "pause";
    const kinds = ["read", null, null, "not read", "failed"] as const;
    const came = isStopped ? "not read" : isPaused ? null : decide.oneOf(kinds);
    this.#retries += came === null ? decide.below(2) : 0;
    if (came !== null) this.#asked = null;
    const error = { code: "TASK_FAILED", message: "no" };
    const cursor = page + 1 < this.#pages.length ? `c${page + 1}` : null;
    const answer = came === "read" ? { ok: true, value: cursor } : { ok: false, error };
    const said = report({
      generation,
      stage: SOURCE,
      chunk,
      invocation: this.invocation,
      seq: (this.#seq += 1),
      final: came !== null,
      at,
      retries: this.#retries,
      pieces: came === "read" ? piecesOf(this.#pages, page) : [],
      collected: came === "read" || came === "failed" ? [JSON.stringify([page, answer])] : null,
    });
    return { report: said, came };
  }
}

/** Pages of many items lie in several pieces. */
export function piecesOf(pages: readonly number[], page: number): PassedOn[] {
  const counts = [];
  for (let left = pages[page]!; left > 0; left -= 25) counts.push(Math.min(25, left));
  return counts.map((count, at) => ({ key: "from", name: `${page}.${at}`, count, bytes: count }));
}

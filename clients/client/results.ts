import type { ResultsPage } from "../../services/contract/handlers.ts";
import type { EndStatus, TaskOutcome } from "../../services/contract/task.ts";
import { sleep } from "./abort.ts";
import type { Ask } from "./ask.ts";
import type { CallOptions } from "./ingress.ts";

export interface ResultsOptions extends CallOptions {
  /** By default the last. */
  readonly stage?: number;
  /** Only tasks that ended so. */
  readonly status?: EndStatus;
  /** Where to go on: the `cursor` of an earlier reading. */
  readonly cursor?: string;
  /** Waits for what is not there yet, until the stage has ended. False: gives what is there now. */
  readonly follow?: boolean;
  /** Most outcomes a call, up to 1,000, the default. */
  readonly limit?: number;
}

/** A TaskOutcome with the type of its result. */
export type TaskOutcomeOf<Result> = Omit<TaskOutcome, "result"> & { readonly result?: Result };

/** The outcomes of a stage in index order, each once. */
export interface Results<Result = unknown> extends AsyncIterable<TaskOutcomeOf<Result>> {
  /** Behind the outcome that was given last: who reads on from here misses none and gets none twice. */
  readonly cursor: string;
}

export function readResults<Result>(ask: Ask, options: ResultsOptions): Results<Result> {
  const { stage, status, follow = true, limit = 1_000, signal } = options;

  const readPage = (filter: EndStatus | undefined) =>
    ask<Page<Result>>("results", {
      body: JSON.stringify({ stage, status: filter, cursor: results.cursor, limit }),
      repetition: "lasting",
      signal,
    });

  /** In a running stage a filter would pass over tasks that have not ended yet. */
  const readNext = async (): Promise<Page<Result>> => {
    const page = await readPage(status);
    return page.complete || !follow || !status ? page : readPage(undefined);
  };

  const results = {
    cursor: options.cursor ?? "0",
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const { outcomes, cursor, complete } = await readNext();
        const before = results.cursor;
        for (const outcome of outcomes) {
          if (status && outcome.status !== status) continue;
          results.cursor = String(outcome.index + 1);
          yield outcome;
        }
        if (cursor === null) return;
        results.cursor = cursor;
        if (cursor === before && !follow) return;
        if (follow && !complete && outcomes.length < limit) await sleep(POLL_MS, signal);
      }
    },
  };
  return results;
}

// --- internal ---

type Page<Result> = Omit<ResultsPage, "outcomes"> & {
  readonly outcomes: readonly TaskOutcomeOf<Result>[];
};

const POLL_MS = 500;

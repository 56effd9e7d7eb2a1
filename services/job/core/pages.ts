import { SOURCE, type TaskError } from "../../contract/task.ts";
import type { Command } from "./command.ts";
import { withCursor } from "./cursors.ts";
import { passOn } from "./report.ts";
import type { PageInFlight } from "./source.ts";
import type { ChunkReport, JobState } from "./state.ts";
import { stopJob, stopStage, tell } from "./stop.ts";

/** So many pages at most have tasks that no chunk has taken: the source is not drained into the job. */
export const PAGES_AHEAD = 2;

/** Takes what the chunk of a page has done. False: it is not the one that reads, or the report is an old one. */
export function applyPage(state: JobState, report: ChunkReport, commands: Command[]): boolean {
  const reading = pageInFlight(state, report);
  if (!reading) return false;
  if (report.final) {
    state.source!.reading = null;
    const [line] = report.collected ?? [];
    // Without an outcome, or when nobody wants it any more, the page is as if it was not read.
    if (line !== undefined && !state.stages[0]!.stop) takePage(state, report, line, commands);
    return true;
  }
  if (report.seq <= reading.seq) return false;
  const { seq, retries, nextRetryAt, invocation } = report;
  // Another runner has taken the page up, and has heard nothing.
  if (reading.invocation !== null && reading.invocation !== invocation) reading.order = -1;
  Object.assign(reading, { seq, retries, nextRetryAt, invocation });
  tell(state, SOURCE, reading, commands);
  return true;
}

/** Undefined: it has given its last report, or is of another job or generation. */
export function pageInFlight(
  { source, epoch, generation }: JobState,
  chunk: Pick<ChunkReport, "epoch" | "generation" | "chunk">,
): PageInFlight | undefined {
  const isForeign = chunk.epoch !== epoch || chunk.generation !== generation;
  return !isForeign && source?.reading?.chunk === chunk.chunk ? source.reading : undefined;
}

/** Asks for the next page if few enough are ahead. */
export function readAhead(state: JobState, commands: Command[]): void {
  const { source } = state;
  const stage = state.stages[0]!;
  if (!source || source.reading || source.isEnded || stage.sealed) return;
  const [waiting] = stage.backlog.head;
  source.ahead = source.ahead.filter((end) => waiting && waiting.first < end);
  if (source.ahead.length >= PAGES_AHEAD) return;
  const { page } = source;
  const chunk = source.nextChunk++;
  source.reading = {
    chunk,
    sentAt: state.updatedAt,
    seq: 0,
    retries: 0,
    nextRetryAt: null,
    invocation: null,
    order: stage.order,
  };
  commands.push({ type: "read page", page, chunk });
}

/** A source that is not at its end goes on with the page that it stands at. */
export function readOn({ source, stages }: JobState): void {
  if (!source) return;
  source.isLast = true;
  source.error = null;
  stages[0]!.sealed = false;
}

/** Why stage 0 is no success though all its tasks have ended; null: its source is at its end. */
export function missingPages({ source, plan }: JobState): string | null {
  if (!source || source.isEnded) return null;
  return `the source "${plan.source?.action}" was not read on from page ${source.page}`;
}

// --- internal ---

/** Part of what each step of the job reads and writes. */
const MESSAGE_CHARS = 1_000;

type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: TaskError };

/** `line`: what the page's task answered, as `[page, answer]`; a result is the cursor of the next page. */
function takePage(state: JobState, report: ChunkReport, line: string, commands: Command[]): void {
  const source = state.source!;
  const stage = state.stages[0]!;
  const [, answer] = JSON.parse(line) as [number, Answer];
  if (!answer.ok) return fail(state, `${answer.error.code}: ${answer.error.message}`, commands);
  const cursor = JSON.stringify(answer.value);
  const cursors = withCursor(source.cursors, cursor);
  if (!cursors) return fail(state, `an earlier page gave the same cursor, ${cursor}`, commands);

  passOn(state, report, 0, commands);
  source.ahead.push(stage.total);
  source.page += 1;
  source.cursors = cursors;
  source.isEnded = answer.value === null;
  if (source.isEnded && source.isLast) stage.sealed = true;
  if (!source.isEnded) commands.push({ type: "keep cursor", cursor });
}

function fail(state: JobState, why: string, commands: Command[]): void {
  const source = state.source!;
  const { action } = state.plan.source!;
  const message = `page ${source.page} of "${action}": ${why}`.slice(0, MESSAGE_CHARS);
  source.error = { code: "FANOUT_SOURCE_FAILED", message };
  const stop = { as: "FAILED", reason: `FANOUT_SOURCE_FAILED: ${message}` } as const;
  stopStage(state, 0, stop, commands);
  stopJob(state, stop, commands);
}

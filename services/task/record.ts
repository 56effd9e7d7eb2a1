import type { EndStatus, TaskError, TaskOutcome } from "../contract/task.ts";
import { taskId } from "../contract/task.ts";

/**
 * How an outcome is stored: one JSON array to a line,
 * `[index, "S"|"F"|"C", attempts, startedAt, durationMs, result|error, input?]`. Where one of the other four
 * fields is not what it is for most tasks, the letter is small and they stand before the result:
 * `[index, "s"|"f"|"c", attempts, startedAt, durationMs, origin, parent, emitted, generation, result|error, input?]`.
 * Nothing before the result contains a comma, so that lines are sorted, counted and cut without being parsed.
 */
export interface OutcomeRecord {
  readonly index: number;
  readonly status: EndStatus;
  readonly attempts: number;
  /** milliseconds since the job's start */
  readonly startedAt: number | null;
  readonly durationMs: number | null;
  readonly origin: number;
  readonly parent: number | null;
  /** tasks passed on; null where there is no next stage */
  readonly emitted: number | null;
  readonly generation: number;
}

/** What a line leaves out, since it is the same for all lines of a stage. */
export interface LineContext {
  readonly jobId: string;
  readonly stage: number;
  /** the job's start, in milliseconds since 1970 */
  readonly startedAt: number;
}

/** `json`: the result's JSON text. */
export function succeededLine(record: Omit<OutcomeRecord, "status">, json: string): string {
  return `${head(record, "S")},${json}]`;
}

/** `input`: the JSON text of what the task was given. */
export function failedLine(
  record: Omit<OutcomeRecord, "status">,
  error: TaskError,
  input: string,
): string {
  return `${head(record, "F")},${JSON.stringify(error)},${input}]`;
}

/** Of a task that was stopped, or never started. */
export function cancelledLine(
  record: Omit<OutcomeRecord, "status">,
  error: TaskError,
  input: string,
): string {
  return `${head(record, "C")},${JSON.stringify(error)},${input}]`;
}

export function lineIndex(line: string): number {
  return Number.parseInt(line.slice(1, line.indexOf(",")), 10);
}

export function isSucceeded(line: string): boolean {
  const letter = letterOf(line);
  return letter === "S" || letter === "s";
}

export function lineStatus(line: string): EndStatus {
  return STATUS_OF[letterOf(line).toUpperCase() as Letter];
}

/** The JSON text of a succeeded line's result. */
export function resultText(line: string): string {
  return line.slice(startOfField(line, isLong(line) ? 9 : 5), -1);
}

/** In stage 0 the index of the task itself, later that of the task of stage 0 it comes from. */
export function lineOrigin(line: string): number {
  return isLong(line) ? Number.parseInt(line.slice(startOfField(line, 5)), 10) : lineIndex(line);
}

export function lineParent(line: string): number | null {
  if (!isLong(line)) return null;
  const from = startOfField(line, 6);
  return JSON.parse(line.slice(from, line.indexOf(",", from))) as number | null;
}

/** A fresh copy of what a task was given that failed or was cancelled. */
export function lineInput(line: string): unknown {
  return (JSON.parse(line) as ParsedLine).at(-1);
}

/** A line as users see it. */
export function parseLine(line: string, context: LineContext): TaskOutcome {
  const { jobId, stage } = context;
  const [index, letter, attempts, startedAt, durationMs, ...rest] = JSON.parse(line) as ParsedLine;
  const status = STATUS_OF[letter.toUpperCase() as Letter];
  const [origin, parent, emitted, generation] = isLong(line)
    ? (rest.splice(0, 4) as [number, number | null, number | null, number])
    : [index, null, null, 1];
  const [payload, input] = rest;
  return {
    jobId,
    stage,
    index,
    taskId: taskId(jobId, stage, index),
    parent: parent === null ? null : taskId(jobId, stage - 1, parent),
    origin,
    generation,
    status,
    ...(status === "SUCCEEDED" ? { result: payload } : { error: payload as TaskError, input }),
    ...(emitted === null ? {} : { emitted }),
    attempts,
    startedAt: startedAt === null ? null : startedAt + context.startedAt,
    durationMs,
  };
}

/** The lines of consecutive tasks from index `first` on. */
export function withoutGap(lines: readonly string[], first: number): readonly string[] {
  const gap = lines.findIndex((line, at) => lineIndex(line) !== first + at);
  return gap === -1 ? lines : lines.slice(0, gap);
}

// --- internal ---

const STATUS_OF = { S: "SUCCEEDED", F: "FAILED", C: "CANCELLED" } as const;
type Letter = keyof typeof STATUS_OF;
type ParsedLine = [number, string, number, number | null, number | null, ...unknown[]];

function head(record: Omit<OutcomeRecord, "status">, letter: Letter): string {
  const { index, attempts, startedAt, durationMs, origin, parent, emitted, generation } = record;
  const isUsual = origin === index && parent === null && emitted === null && generation === 1;
  if (isUsual) return `[${index},"${letter}",${attempts},${startedAt},${durationMs}`;
  return `[${index},"${letter.toLowerCase()}",${attempts},${startedAt},${durationMs},${origin},${parent},${emitted},${generation}`;
}

const letterOf = (line: string) => line.charAt(line.indexOf(",") + 2);

const isLong = (line: string) => letterOf(line) > "Z";

function startOfField(line: string, field: number): number {
  let at = 0;
  for (let passed = 0; passed < field; passed += 1) at = line.indexOf(",", at) + 1;
  return at;
}

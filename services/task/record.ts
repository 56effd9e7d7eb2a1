import type { EndStatus, TaskError, TaskOutcome } from "../contract/task.ts";
import { taskId } from "../contract/task.ts";

/**
 * How an outcome is stored: one JSON array to a line,
 * `[index, "S"|"F"|"C", attempts, startedAt, durationMs, origin, parent, emitted, generation, result|error, input?]`.
 * Nothing before the tenth field contains a comma, so that lines are sorted, counted and cut without being parsed.
 */
export interface OutcomeRecord {
  readonly index: number;
  readonly status: EndStatus;
  readonly attempts: number;
  readonly startedAt: number | null;
  readonly durationMs: number | null;
  readonly origin: number;
  readonly parent: number | null;
  /** tasks passed on; null where there is no next stage */
  readonly emitted: number | null;
  readonly generation: number;
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

export function lineIndex(line: string): number {
  return Number.parseInt(line.slice(1), 10);
}

export function isSucceeded(line: string): boolean {
  return line.charAt(line.indexOf(",") + 2) === "S";
}

export function lineStatus(line: string): EndStatus {
  return STATUS_OF[line.charAt(line.indexOf(",") + 2) as keyof typeof STATUS_OF];
}

/** The JSON text of a succeeded line's result. */
export function resultText(line: string): string {
  let at = -1;
  for (let field = 0; field < 9; field += 1) at = line.indexOf(",", at + 1);
  return line.slice(at + 1, -1);
}

/** A line as users see it. */
export function parseLine(line: string, jobId: string, stage: number): TaskOutcome {
  const [index, letter, attempts, startedAt, durationMs, origin, parent, emitted, generation, payload, input] =
    JSON.parse(line) as [
      number, keyof typeof STATUS_OF, number, number | null, number | null,
      number, number | null, number | null, number, unknown, unknown,
    ]; // prettier-ignore
  const status = STATUS_OF[letter];
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
    startedAt,
    durationMs,
  };
}

// --- internal ---

const STATUS_OF = { S: "SUCCEEDED", F: "FAILED", C: "CANCELLED" } as const;

function head(record: Omit<OutcomeRecord, "status">, letter: keyof typeof STATUS_OF): string {
  const { index, attempts, startedAt, durationMs, origin, parent, emitted, generation } = record;
  return `[${index},"${letter}",${attempts},${startedAt},${durationMs},${origin},${parent},${emitted},${generation}`;
}

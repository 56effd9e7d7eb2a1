import { stringify } from "csv-stringify/sync";
import type { TaskOutcome } from "../../../services/contract/task.ts";

/** An outcome as a line of JSON. */
export function outcomeAsJson(outcome: TaskOutcome): string {
  return `${JSON.stringify(outcome)}\n`;
}

/** An outcome as a row of CSV; a value that is no text is JSON in its cell. */
export function outcomeAsCsv(outcome: TaskOutcome): string {
  return stringify([outcome], {
    columns: COLUMNS,
    cast: { object: (value) => JSON.stringify(value), boolean: String },
  });
}

/** The row before the others. */
export function csvHead(): string {
  return stringify([COLUMNS]);
}

// --- internal ---

const COLUMNS = [
  "index",
  "origin",
  "taskId",
  "status",
  "attempts",
  "startedAt",
  "durationMs",
  "result",
  "error.code",
  "error.message",
  "input",
];

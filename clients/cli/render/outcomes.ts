import { Transform } from "node:stream";
import { stringify } from "csv-stringify";
import type { TaskOutcome } from "../../../services/contract/task.ts";

/** Turns outcomes into lines of JSON. */
export function outcomesAsNdjson(): Transform {
  return new Transform({
    writableObjectMode: true,
    transform: (outcome: TaskOutcome, _encoding, done) =>
      done(null, `${JSON.stringify(outcome)}\n`),
  });
}

/** Turns outcomes into rows of CSV; a value that is no text is JSON. */
export function outcomesAsCsv(): Transform {
  return stringify({
    header: true,
    columns: COLUMNS,
    cast: { object: (value) => JSON.stringify(value), boolean: String },
  });
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

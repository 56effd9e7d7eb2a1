import type { FileHandle } from "node:fs/promises";
import { extname } from "node:path";
import { pipeline } from "node:stream";
import { parse } from "csv-parse";
import type { FileRecord } from "../../../services/samples/records/record.ts";

/** Which of the two a file is, by its name; throws one sentence for any other. */
export function recordFormat(path: string): RecordFormat {
  const format = formats.get(extname(path).toLowerCase());
  if (format) return format;
  throw new TypeError(`expected a file that ends in ${[...formats.keys()].join(", ")}: "${path}"`);
}

export type RecordFormat = "csv" | "ndjson";

/** Reads a file's records one by one. What cannot be read is one of them, so that it is not lost. */
export function readRecords(file: FileHandle, format: RecordFormat): AsyncGenerator<FileRecord> {
  return format === "csv" ? csvRecords(file) : ndjsonRecords(file);
}

// --- internal ---

const formats: ReadonlyMap<string, RecordFormat> = new Map([
  [".csv", "csv"],
  [".ndjson", "ndjson"],
  [".jsonl", "ndjson"],
]);

/** Longer records are no records: a quote that is never closed, or another kind of file. */
const recordChars = 128_000;
const shownChars = 200;

async function* ndjsonRecords(file: FileHandle): AsyncGenerator<FileRecord> {
  let line = 0;
  for await (const text of file.readLines()) {
    line += 1;
    const json = line === 1 ? text.replace(/^\uFEFF/, "") : text;
    if (json.trim() !== "") yield { line, ...jsonRecord(json) };
  }
}

function jsonRecord(text: string) {
  if (text.length > recordChars) return unread(text, `is longer than ${recordChars} characters`);
  try {
    const record: unknown = JSON.parse(text);
    return isRecord(record) ? { record } : unread(text, "is no JSON object");
  } catch {
    return unread(text, "is no JSON");
  }
}

interface CsvRow {
  readonly record: string[];
  readonly raw: string;
  readonly info: { readonly lines: number };
}

/** The first row names the fields of the others. */
async function* csvRecords(file: FileHandle): AsyncGenerator<FileRecord> {
  let unreadable: { line: number; text: string; problem: string } | undefined;
  const rows = parse({
    bom: true,
    info: true,
    raw: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: recordChars,
    // Not thrown: that would take with it the rows before it that nobody has asked for yet.
    skip_records_with_error: true,
    on_skip: (error, raw = "") => {
      const cause =
        error?.code === "CSV_QUOTE_NOT_CLOSED"
          ? "has a quote that is never closed"
          : `is longer than ${recordChars} characters`;
      unreadable ??= {
        line: firstLine(Number(error?.["lines"]), raw),
        ...unread(raw, `${cause}; nothing after it was read`),
      };
    },
  });
  pipeline(file.createReadStream(), rows, () => undefined);

  let header: readonly string[] | undefined;
  for await (const { record: fields, raw, info } of rows as AsyncIterable<CsvRow>) {
    const line = firstLine(info.lines, raw);
    if (unreadable && line > unreadable.line) break;
    if (header) yield { line, ...csvRecord(header, fields, raw) };
    else header = checkedHeader(fields);
  }
  if (unreadable) yield unreadable;
}

function csvRecord(header: readonly string[], fields: readonly string[], raw: string) {
  if (fields.length !== header.length) {
    return unread(raw, `has ${fields.length} fields where the header has ${header.length}`);
  }
  return { record: Object.fromEntries(header.map((name, at) => [name, fields[at]])) };
}

function checkedHeader(names: readonly string[]): readonly string[] {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`The header has the field "${twice}" twice.`);
  return names;
}

/** A row may have line breaks in quotes, and empty lines before it. */
function firstLine(lastLine: number, raw: string): number {
  return lastLine - (raw.trim().match(/\r\n|\n|\r/g)?.length ?? 0);
}

function unread(text: string, problem: string) {
  return { text: text.trim().slice(0, shownChars), problem };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

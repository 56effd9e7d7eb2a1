import { pipeline, Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { LIMITS } from "../../../services/contract/limits.ts";
import { UsageError } from "../shared/error-line.ts";

/** An object of texts for each row; the first row names its fields. */
export async function* csvItems(
  chunks: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<unknown> {
  const rows = parse({
    bom: true,
    columns: (header: string[]) => distinct(header, name),
    max_record_size: LIMITS.requestBytes,
    skip_empty_lines: true,
  });
  pipeline(Readable.from(chunks), rows, () => undefined);
  try {
    yield* rows as AsyncIterable<Record<string, string>>;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UsageError(`${name} is no CSV: ${error.message}`, { cause: error });
  }
}

// --- internal ---

function distinct(header: string[], name: string): string[] {
  const twice = header.find((field, at) => header.indexOf(field) !== at);
  if (twice === undefined) return header;
  throw new UsageError(`The header of ${name} has the field "${twice}" twice`);
}

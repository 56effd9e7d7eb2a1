import { UsageError } from "../shared/error-line.ts";
import { readLines } from "./lines.ts";

/** The JSON of each line that is not empty. */
export async function* ndjsonItems(
  chunks: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<unknown> {
  for await (const { number, text } of readLines(chunks, name)) {
    if (text.trim() !== "") yield parsed(text, `Line ${number} of ${name}`);
  }
}

// --- internal ---

function parsed(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${place} is no JSON: ${(cause as Error).message}`, { cause });
  }
}

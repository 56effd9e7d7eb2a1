import { LIMITS } from "../../../services/contract/limits.ts";
import { UsageError } from "../shared/error-line.ts";

export interface TextLine {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
}

/**
 * Splits what is read at line feeds, and nowhere else: JSON texts may hold the other line breaks of Unicode.
 * In memory is one line.
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<TextLine> {
  let number = 0;
  let begun: Buffer[] = [];
  let bytes = 0;
  const line = (end: Buffer): TextLine => {
    number += 1;
    const whole = begun.length === 0 ? end : Buffer.concat([...begun, end]);
    begun = [];
    bytes = 0;
    return { number, text: decoded(whole, name, number) };
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      yield line(chunk.subarray(start, end));
      start = end + 1;
    }
    begun.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > LIMITS.requestBytes) {
      throw new UsageError(`Line ${number + 1} of ${name} is longer than 8 MiB`);
    }
  }
  if (bytes > 0) yield line(Buffer.alloc(0));
}

// --- internal ---

const LINE_FEED = 10;
const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/** A mark of the byte order before the first line is left out. */
function decoded(line: Buffer, name: string, number: number): string {
  try {
    return UTF_8.decode(line);
  } catch (cause) {
    throw new UsageError(`Line ${number} of ${name} is not UTF-8`, { cause });
  }
}

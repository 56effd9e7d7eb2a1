import { createReadStream } from "node:fs";
import { extname } from "node:path";
import { UsageError } from "../shared/error-line.ts";
import { begun } from "./begun.ts";
import { csvItems } from "./csv.ts";
import { ndjsonItems } from "./ndjson.ts";

/** The items of a file, of which the first has been read; one after another, whatever the file's size. */
export type Items = AsyncGenerator<unknown>;

/** Opens a file by its ending, or standard input for `-`, which is NDJSON. */
export async function openItems(path: string): Promise<Items> {
  if (path === "-") return begun(ndjsonItems(process.stdin, "standard input"));
  const read = FORMATS.get(extname(path).toLowerCase());
  if (!read) {
    throw new UsageError(
      `Expected a file that ends in ${[...FORMATS.keys()].join(", ")}, or -, got "${path}"`,
    );
  }
  return begun(read(createReadStream(path), path));
}

// --- internal ---

const FORMATS: ReadonlyMap<string, typeof ndjsonItems> = new Map([
  [".ndjson", ndjsonItems],
  [".jsonl", ndjsonItems],
  [".csv", csvItems],
]);

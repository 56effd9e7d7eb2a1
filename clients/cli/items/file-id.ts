import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";

/** A name for a file that is the same whenever it is asked for: part of its own, and a hash of where it is. */
export function fileId(path: string): string {
  const hash = createHash("sha256").update(resolve(path)).digest("hex");
  return `${basename(path).slice(0, NAME_CHARS)}-${hash.slice(0, HASH_CHARS)}`;
}

// --- internal ---

/** An append's id has at most 128 characters, and its number comes behind. */
const NAME_CHARS = 64;
const HASH_CHARS = 16;

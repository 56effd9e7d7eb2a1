import { createHash } from "node:crypto";

/**
 * Keys of the parts of the list. Each takes one message at a time, which under full load waits as long for its
 * turn as any other call: with too few parts the list would fall behind just when it is looked at. A page asks
 * every part. Another number would look for the jobs that are there elsewhere.
 */
export const PARTS: readonly string[] = Array.from({ length: 16 }, (_, part) => String(part));

/** Which part has this job. */
export function partOf(jobId: string): string {
  const [byte = 0] = createHash("sha256").update(jobId).digest();
  return String(byte % PARTS.length);
}

import { createHash } from "node:crypto";

/**
 * Keys of the parts of the list. One key takes about 240 messages a second, a job tells of itself three
 * times, and a page asks every part. Another number would look for the jobs that are there elsewhere.
 */
export const PARTS = ["0", "1", "2", "3"] as const;

/** Which part has this job. */
export function partOf(jobId: string): string {
  const [byte = 0] = createHash("sha256").update(jobId).digest();
  return PARTS[byte % PARTS.length] ?? PARTS[0];
}

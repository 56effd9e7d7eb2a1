import { createHash } from "node:crypto";

/**
 * What is remembered of a source's cursors to notice that they repeat, however many there are: the newest
 * one, and one that moves up each time twice as many have gone by (R. P. Brent, An improved Monte Carlo
 * factorization algorithm, BIT 20, 1980). One that comes twice in a row is noticed at once, a circle
 * before three times its cursors and those on the way to it have been read.
 */
export interface CursorTrail {
  readonly newest: string | null;
  readonly kept: string | null;
  /** so many came after the kept one; as many as `until` move it up */
  readonly steps: number;
  readonly until: number;
}

export const NO_CURSORS: CursorTrail = { newest: null, kept: null, steps: 0, until: 1 };

/** The trail with one more cursor, given as JSON. Null: it was there before. */
export function withCursor(
  { newest, kept, steps, until }: CursorTrail,
  json: string,
): CursorTrail | null {
  const cursor = createHash("sha256").update(json).digest("base64url");
  if (cursor === newest || cursor === kept) return null;
  const isDue = steps + 1 === until;
  return isDue
    ? { newest: cursor, kept: cursor, steps: 0, until: until * 2 }
    : { newest: cursor, kept, steps: steps + 1, until };
}

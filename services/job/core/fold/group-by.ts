import type { IncrementalFold } from "./incremental.ts";
import { valueAt } from "./value-at.ts";

/** `groups`: `[value, count]`, sorted by value. */
interface Groups {
  readonly groups: readonly Group[];
  readonly other: number;
  readonly skipped: number;
}
type Group = readonly [value: string, count: number];

/**
 * How often each value lies at a path. Of more than 1,000 values the first in order stay, the rest is
 * counted together: which stay does not depend on which came first, so that every count is exact.
 */
export function groupBy({ path }: { path: string }): IncrementalFold<Groups> {
  const find = valueAt(path);
  return {
    partOf: (results) => {
      const counts = new Map<string, number>();
      let skipped = 0;
      for (const { value } of results) {
        const found = find(value);
        if (found === undefined) skipped += 1;
        else count(counts, textOf(found), 1);
      }
      return first(counts, { other: 0, skipped });
    },
    merge: (a, b) => {
      const counts = new Map(a.groups);
      for (const [value, more] of b.groups) count(counts, value, more);
      return first(counts, { other: a.other + b.other, skipped: a.skipped + b.skipped });
    },
    view: ({ groups, other, skipped }) => ({ groups: Object.fromEntries(groups), other, skipped }),
  };
}

// --- internal ---

const MAX_GROUPS = 1_000;
/** A thousand of them fit into a value of the job state, however they are escaped. */
const VALUE_CHARS = 128;

function textOf(value: unknown): string {
  return (typeof value === "string" ? value : JSON.stringify(value)).slice(0, VALUE_CHARS);
}

function count(counts: Map<string, number>, value: string, more: number): void {
  counts.set(value, (counts.get(value) ?? 0) + more);
}

function first(
  counts: ReadonlyMap<string, number>,
  { other, skipped }: Pick<Groups, "other" | "skipped">,
): Groups {
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const rest = sorted.slice(MAX_GROUPS).reduce((sum, [, more]) => sum + more, 0);
  return { groups: sorted.slice(0, MAX_GROUPS), other: other + rest, skipped };
}

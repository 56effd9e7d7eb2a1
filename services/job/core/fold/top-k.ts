import type { IncrementalFold } from "./incremental.ts";
import { numberAt } from "./value-at.ts";

/** `top`: the greatest first. */
interface TopK {
  readonly top: readonly Ranked[];
  readonly skipped: number;
}

interface Ranked {
  readonly index: number;
  readonly value: number;
}

/** The tasks with the `k` greatest numbers at a path; of equal ones the tasks that come first. */
export function topK({ path, k }: { path: string; k: number }): IncrementalFold<TopK> {
  const find = numberAt(path);
  return {
    partOf: (results) => {
      const ranked = results.flatMap(({ index, value }): Ranked[] => {
        const number = find(value);
        return number === undefined ? [] : [{ index, value: number }];
      });
      return { top: greatest(ranked, k), skipped: results.length - ranked.length };
    },
    merge: (a, b) => ({
      top: greatest([...a.top, ...b.top], k),
      skipped: a.skipped + b.skipped,
    }),
    view: (part) => part,
  };
}

// --- internal ---

function greatest(ranked: readonly Ranked[], k: number): Ranked[] {
  return ranked.toSorted((a, b) => b.value - a.value || a.index - b.index).slice(0, k);
}

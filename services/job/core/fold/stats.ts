import type { IncrementalFold } from "./incremental.ts";
import { numberAt } from "./value-at.ts";

/** `squares`: the sum of squared distances from the mean. */
interface Stats {
  readonly count: number;
  readonly sum: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly squares: number;
  readonly skipped: number;
}

/** Count, sum, least, greatest, mean and standard deviation of the numbers at a path. */
export function stats({ path }: { path: string }): IncrementalFold<Stats> {
  const find = numberAt(path);
  return {
    partOf: (results) => of(results.map(({ value }) => find(value))),
    merge,
    view: ({ count, sum, min, max, squares, skipped }) => ({
      count,
      sum,
      min,
      max,
      mean: count === 0 ? null : sum / count,
      stddev: count === 0 ? null : Math.sqrt(squares / count),
      skipped,
    }),
  };
}

// --- internal ---

/** As `merge` with one number after the other: in local variables, since there may be millions. */
function of(numbers: readonly (number | undefined)[]): Stats {
  let count = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  let squares = 0;
  for (const number of numbers) {
    if (number === undefined) continue;
    const apart = count === 0 ? 0 : bounded(number - sum / count);
    squares = bounded(squares + apart * apart * (count / (count + 1)));
    count += 1;
    sum = bounded(sum + number);
    min = Math.min(min, number);
    max = Math.max(max, number);
  }
  const skipped = numbers.length - count;
  if (count === 0) return { count, sum, min: null, max: null, squares, skipped };
  return { count, sum, min, max, squares, skipped };
}

/** Chan, Golub, LeVeque: Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979. */
function merge(a: Stats, b: Stats): Stats {
  const skipped = a.skipped + b.skipped;
  if (a.count === 0) return { ...b, skipped };
  if (b.count === 0) return { ...a, skipped };
  const count = a.count + b.count;
  const apart = bounded(b.sum / b.count - a.sum / a.count);
  return {
    count,
    sum: bounded(a.sum + b.sum),
    min: Math.min(a.min ?? Infinity, b.min ?? Infinity),
    max: Math.max(a.max ?? -Infinity, b.max ?? -Infinity),
    squares: bounded(a.squares + b.squares + apart * apart * ((a.count * b.count) / count)),
    skipped,
  };
}

/** JSON knows no infinity: what is beyond the largest number stays at it. */
function bounded(number: number): number {
  return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, number));
}

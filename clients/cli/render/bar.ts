import type { Counts } from "../../../services/contract/job-status.ts";
import type { Line, Tone } from "./line.ts";

/** A bar of what succeeded (=), failed (x), was cancelled (-) and runs (>). It is full when all has ended. */
export function bar(counts: Counts, width: number): Line {
  const { total, succeeded, failed, cancelled, running, retrying } = counts;
  const cells = (tasks: number) => Math.floor((width * tasks) / Math.max(1, total));
  /** What there is can be seen. */
  const some = (tasks: number) => (tasks > 0 ? Math.max(1, cells(tasks)) : 0);

  const ended = Math.max(cells(succeeded + failed + cancelled), some(failed) + some(cancelled));
  const moving = Math.min(width - ended, some(running + retrying));
  const parts: readonly (readonly [glyph: string, cells: number, tone?: Tone])[] = [
    ["=", ended - some(failed) - some(cancelled), "good"],
    ["x", some(failed), "bad"],
    ["-", some(cancelled), "quiet"],
    [">", moving, "busy"],
    [" ", width - ended - moving],
  ];
  return [
    { text: "[" },
    ...parts
      .filter(([, length]) => length > 0)
      .map(([glyph, length, tone]) => ({ text: glyph.repeat(length), tone })),
    { text: "]" },
  ];
}

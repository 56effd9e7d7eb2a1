import type { Counts } from "../../../services/contract/job-status.ts";
import type { Line, Tone } from "./line.ts";

/** A bar of what succeeded (=), failed (x), was cancelled (-) and runs (>). It is full when all has ended. */
export function bar(counts: Counts, width: number): Line {
  const { total, succeeded, failed, cancelled, running, retrying } = counts;
  const ended = succeeded + failed + cancelled;
  const moving = running + retrying;
  const cells = (tasks: number) => (width * tasks) / Math.max(1, total);
  const ends: readonly (readonly [glyph: string, end: number, tone?: Tone])[] = [
    ["=", Math.floor(cells(succeeded)), "good"],
    ["x", Math.floor(cells(succeeded + failed)), "bad"],
    ["-", Math.floor(cells(ended)), "quiet"],
    [">", moving === 0 ? Math.floor(cells(ended)) : Math.ceil(cells(ended + moving)), "busy"],
    [" ", width],
  ];
  const parts = ends.map(([glyph, end, tone], at) => {
    const [, start] = ends[at - 1] ?? ["", 0];
    return { text: glyph.repeat(end - start), tone };
  });
  return [{ text: "[" }, ...parts.filter(({ text }) => text !== ""), { text: "]" }];
}

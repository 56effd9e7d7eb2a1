import { styleText } from "node:util";

/** A line for a terminal: texts, each in its tone. */
export type Line = readonly Span[];

export interface Span {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

export type Tone = keyof typeof STYLES;

/** What a stream shows of a line: with colours if it is a terminal that has them, and NO_COLOR is not set. */
export function painted(line: Line, stream: NodeJS.WritableStream): string {
  return line
    .map(({ text, tone }) => (tone ? styleText(STYLES[tone], text, { stream }) : text))
    .join("");
}

export function plain(line: Line): string {
  return line.map(({ text }) => text).join("");
}

/** The line as far as it fits, without characters that would steer the terminal. */
export function fitting(line: Line, columns: number): Line {
  let left = Math.max(0, columns);
  const spans: Span[] = [];
  for (const { text, tone } of line) {
    const shown = harmless(text).slice(0, left);
    left -= shown.length;
    if (shown.length > 0) spans.push({ text: shown, tone });
  }
  return spans;
}

/** Texts come from anywhere: what a task threw may hold escape sequences. */
export function harmless(text: string): string {
  return text.replace(/\s*\p{Cc}+\s*/gu, " ");
}

// --- internal ---

const STYLES = {
  good: "green",
  bad: "red",
  busy: "cyan",
  quiet: "gray",
  strong: "bold",
} as const;

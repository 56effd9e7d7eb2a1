/** What a page tells its reader to do. */
export type Step = WrittenFile | Command;

export interface WrittenFile {
  readonly kind: "file";
  readonly name: string;
  readonly text: string;
}

export interface Command {
  readonly kind: "command";
  readonly name: string;
  readonly line: string;
  /** What the page says that it prints, without the end of the last line. */
  readonly shown: string;
}

/** Files are the blocks that have a title; commands the lines behind a `$` in blocks of a console. */
export function stepsOf(page: string): Step[] {
  return [...page.matchAll(BLOCK)].flatMap(([, language, name, text = ""]): Step[] => {
    if (name !== undefined) return [{ kind: "file", name, text }];
    return language === "console" ? commandsOf(text) : [];
  });
}

/**
 * Matches an output that is as shown: `...` stands for any text, also of several lines, and amounts of seconds
 * and numbers of ports for any number.
 */
export function toMatchShown(shown: string): RegExp {
  const pattern = shown
    .split("...")
    .map((text) => text.split(VARYING).map(literally).join("[\\d,.]+"))
    .join("[^]*?");
  return new RegExp(`^${pattern}$`);
}

// --- internal ---

const BLOCK = /^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$/gms;
const VARYING = /\d[\d,.]*(?= s\b|\/s\b)|(?<=127\.0\.0\.1:)\d+/;

const literally = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

function commandsOf(block: string): Command[] {
  return block
    .split(/^\$ /m)
    .filter((text) => text !== "")
    .map((text) => {
      const [line = "", ...shown] = text.split("\n");
      return { kind: "command", name: line, line, shown: shown.join("\n").trimEnd() };
    });
}

/** What a module exports under one name. */
export interface Declaration {
  readonly kind: "function" | "class" | "interface" | "type" | "const";
  readonly name: string;
  /** The first sentence of its comment, or nothing. */
  readonly says: string;
  /** What a caller sees of it, without bodies; the overloads of a function one after another. */
  readonly text: string;
}

export interface HandedOn {
  readonly name: string;
  readonly file: string;
  /** Of a name that is a value too, only the type. */
  readonly isTypeOnly: boolean;
}

/** The names that a module hands on, with the file of each. */
export function handedOn(source: string): HandedOn[] {
  return [...source.matchAll(HANDED_ON)].flatMap(([, type, names = "", file = ""]) =>
    [...names.matchAll(/\w+/g)].map(([name]) => ({ name, file, isTypeOnly: type !== undefined })),
  );
}

/** The names that a module declares and exports itself. */
export function declaredNames(source: string): string[] {
  return [...source.matchAll(DECLARED)].map(([, , name = ""]) => name);
}

/** All that a module declares under this name; it goes by how prettier lays out a declaration. */
export function declarations(source: string, name: string): Declaration[] {
  const lines = source.split("\n");
  const found = lines.flatMap((line, at): Declaration[] => {
    const [, kind, named] = new RegExp(DECLARED.source).exec(line) ?? [];
    if (named !== name || !isKind(kind)) return [];
    const text = lines.slice(at, endOf(lines, at, kind) + 1).join("\n");
    return [
      { kind, name, says: firstSentence(commentAbove(lines, at)), text: visible(text, kind) },
    ];
  });
  const [first, ...others] = found;
  if (first?.kind !== "function" || others.length === 0) return found;
  // The last one is the implementation, which nobody sees.
  return [{ ...first, text: [first, ...others.slice(0, -1)].map(({ text }) => text).join("\n") }];
}

// --- internal ---

const HANDED_ON = /^export (type )?\{([^}]*)\} from "([^"]+)";$/gm;
const DECLARED = /^export (?:async )?(function|class|interface|type|const) (\w+)/gm;
/** An object of options whose fields have their defaults here. */
const TAKEN_APART = /\(\{\n[^]*?\n\}: /;

function isKind(word: string | undefined): word is Declaration["kind"] {
  return word !== undefined && /^(function|class|interface|type|const)$/.test(word);
}

/** The last line of a declaration. */
function endOf(lines: readonly string[], start: number, kind: Declaration["kind"]): number {
  const isIndented = (line: string) => line.startsWith(" ");
  const isEnd = (line: string, at: number) => {
    if (kind === "class" || kind === "interface") return line.endsWith("}") && !isIndented(line);
    if (kind === "function") return !isIndented(line) && / \{$|;$/.test(line);
    return line.endsWith(";") && !/^[ })\]]/.test(lines[at + 1] ?? "");
  };
  return lines.findIndex((line, at) => at >= start && isEnd(line, at));
}

function commentAbove(lines: readonly string[], at: number): string {
  if (!lines[at - 1]?.endsWith("*/")) return "";
  const start = lines.findLastIndex((line, index) => index < at && line.startsWith("/**"));
  return lines
    .slice(start, at)
    .map((line) => line.replace(/^\/\*\*|^ \*\/|\*\/$|^ \*/g, "").trim())
    .join(" ");
}

function firstSentence(comment: string): string {
  const [text = ""] = comment.split("@example");
  return text.trim().split(/(?<=\.)\s+(?=[A-Z`])/)[0] ?? "";
}

function visible(text: string, kind: Declaration["kind"]): string {
  const shown = text.replace(/^export (?:async )?/, "");
  if (kind === "function") return shown.replace(TAKEN_APART, "(options: ").replace(/ \{$/, ";");
  if (kind !== "class") return shown;
  return shown.replace(/^( {2}constructor\([^]*?\)) \{\n[^]*$/m, "$1;\n}");
}

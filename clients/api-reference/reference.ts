import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import {
  declarations,
  declaredNames,
  handedOn,
  type Declaration,
  type HandedOn,
} from "./declarations.ts";

/** `docs/api.md`: what each entry of the package exports, as the code has it. */
export function apiReference(): string {
  const sections = ENTRIES.flatMap(([entry, path]) => [
    `## ${entry.replace(/^\./, "fanfold")}`,
    ...section(exportsOf(path)),
  ]);
  return [
    "# What can be imported",
    "Written by `npm run reference` from the entries of `package.json`. Restate's own types are those of `@restatedev/restate-sdk`.",
    ...sections,
  ].join("\n\n");
}

// --- internal ---

const ROOT = join(import.meta.dirname, "../..");
const ENTRIES = Object.entries(manifest.exports).filter(([, path]) => path.endsWith(".ts"));

type Exported = Declaration & HandedOn;

function exportsOf(entry: string): Exported[] {
  const source = read(entry);
  const own = declaredNames(source).map((name) => ({ name, file: entry, isTypeOnly: false }));
  const others = handedOn(source).map(({ file, ...name }) => ({
    ...name,
    file: posix.join(posix.dirname(entry), file),
  }));
  const names = new Set([...own, ...others].map(({ name }) => name));
  return [...own, ...others].flatMap((handed) => {
    const module = read(handed.file);
    const found = declarations(module, handed.name);
    if (found.length === 0) throw new Error(`${handed.file} does not declare ${handed.name}`);
    return found.map(({ text, ...declaration }) => {
      // Options that have no name outside are told with the function that takes them.
      const [options] = declaration.kind === "function" ? (/\w+Options\b/.exec(text) ?? []) : [];
      const unnamed = options === undefined || names.has(options) ? [] : [options];
      const beside = unnamed.flatMap((name) => declarations(module, name));
      const texts = [text, ...beside.map((each) => each.text)];
      return { ...handed, ...declaration, text: texts.join("\n\n") };
    });
  });
}

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** Schemas are read best where they stand: the page has them in a table, everything else with its signature. */
function section(all: readonly Exported[]): string[] {
  const schemas = all.filter(({ kind, text }) => kind === "const" && SCHEMA.test(text));
  const named = new Set(schemas.map(({ name }) => name));
  return [
    ...table("Schemas of zod; most are types too:", schemas.filter(isValue)),
    ...table(
      "Types of the contract:",
      schemas.filter(({ isTypeOnly }) => isTypeOnly),
    ),
    ...all
      .filter(({ name }) => !named.has(name))
      .flatMap(({ name, says, text }) => [
        `### ${name}`,
        ...(says === "" ? [] : [says.replaceAll("<", "\\<")]),
        ["```ts", text, "```"].join("\n"),
      ]),
  ];
}

const SCHEMA = /=\s+(z\b|\w+\.refine\()/;
const isValue = ({ isTypeOnly }: Exported) => !isTypeOnly;

function table(title: string, schemas: readonly Exported[]): string[] {
  if (schemas.length === 0) return [];
  const rows = schemas.map(({ name, file, says }) => `| [\`${name}\`](../${file}) | ${says} |`);
  return [title, ["| | |", "| --- | --- |", ...rows].join("\n")];
}

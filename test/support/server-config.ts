import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify, type TomlTable } from "smol-toml";
import { serverBinary } from "../../services/embedded/server-binary.ts";

/**
 * The server ignores unknown keys, and its dump leaves out some known ones. So a key is known if
 * the dump has it, or if the dump is another one without it.
 */
export function unknownKeys(toml: string): string[] {
  const dump = dumped(toml);
  const known = leaves(parse(dump)).map(String);
  return leaves(parse(toml))
    .filter((path) => !known.includes(String(path)) && dumped(without(toml, path)) === dump)
    .map((path) => path.join("."));
}

/** Every setting of a file: `a.b.c = value`. */
export function settings(toml: string): string[] {
  const root = parse(toml);
  return leaves(root).map((path) => `${path.join(".")} = ${JSON.stringify(at(root, path))}`);
}

// --- internal ---

function dumped(toml: string): string {
  const folder = mkdtempSync(join(tmpdir(), "restate-toml-"));
  try {
    const file = join(folder, "restate.toml");
    writeFileSync(file, toml);
    const env = Object.entries(process.env).filter(([name]) => !name.startsWith("RESTATE_"));
    return execFileSync(serverBinary(), ["--config-file", file, "--dump-config"], {
      encoding: "utf8",
      env: { ...Object.fromEntries(env), TMPDIR: folder },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function without(toml: string, path: readonly string[]): string {
  const root = parse(toml);
  delete at<TomlTable>(root, path.slice(0, -1))[path.at(-1) ?? ""];
  return stringify(root);
}

function at<Value>(root: TomlTable, path: readonly string[]): Value {
  return path.reduce<unknown>((table, key) => (table as TomlTable)[key], root) as Value;
}

function leaves(table: TomlTable, path: readonly string[] = []): string[][] {
  return Object.entries(table).flatMap(([key, value]) =>
    isTable(value) ? leaves(value, [...path, key]) : [[...path, key]],
  );
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}

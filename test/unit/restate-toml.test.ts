import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify, type TomlTable } from "smol-toml";
import { describe, expect, it } from "vitest";
import { serverBinary, serverConfig } from "../../services/embedded/server-binary.ts";

const shipped = readFileSync(serverConfig(), "utf8");

describe("restate.toml", () => {
  it("has only keys that the server knows", () => {
    expect(unknownKeys(shipped)).toEqual([]);
  });

  it("would be caught with a typing error in it", () => {
    const planted = shipped
      .replace(/^/, "typo-key = 1\n")
      .replace("inactivity-timeout", "inactivity-timeot");
    expect(unknownKeys(planted)).toEqual(["typo-key", "worker.invoker.inactivity-timeot"]);
  });
});

// --- internal ---

/**
 * The server ignores unknown keys, and its dump leaves out some known ones. So a key is known if
 * the dump has it, or if the dump is another one without it.
 */
function unknownKeys(toml: string): string[] {
  const dump = dumped(toml);
  const known = leaves(parse(dump)).map(String);
  return leaves(parse(toml))
    .filter((path) => !known.includes(String(path)) && dumped(without(toml, path)) === dump)
    .map((path) => path.join("."));
}

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
  const parent = path.slice(0, -1).reduce((table, key) => table[key] as TomlTable, root);
  delete parent[path.at(-1) ?? ""];
  return stringify(root);
}

function leaves(table: TomlTable, path: readonly string[] = []): string[][] {
  return Object.entries(table).flatMap(([key, value]) =>
    isTable(value) ? leaves(value, [...path, key]) : [[...path, key]],
  );
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

type LockedPackage = { readonly optionalDependencies?: Readonly<Record<string, string>> };

const text = readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8");
const { packages } = JSON.parse(text) as { packages: Record<string, LockedPackage> };

describe("package-lock.json", () => {
  // npm install leaves out silently what the registry lacks, and npm ci fails on it later.
  it("holds every optional dependency it names", () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !lockedFor(path, name))
        .map((name) => `${path || "."} -> ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it("names no registry host", () => {
    expect(text).not.toContain('"resolved"');
    expect(text).not.toMatch(/registry/i);
  });
});

// --- internal ---

/** As Node resolves: beside the package that asks, or at the top. */
function lockedFor(path: string, name: string): boolean {
  return `${path}/node_modules/${name}` in packages || `node_modules/${name}` in packages;
}

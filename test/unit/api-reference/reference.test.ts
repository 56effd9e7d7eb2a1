import { readFileSync } from "node:fs";
import { format } from "prettier";
import { describe, expect, it } from "vitest";
import { apiReference } from "../../../clients/api-reference/reference.ts";
import manifest from "../../../package.json" with { type: "json" };

const url = (path: string) => new URL(`../../../${path}`, import.meta.url);
const page = readFileSync(url("docs/api.md"), "utf8");
const paths = Object.entries(manifest.exports).filter(([, path]) => path.endsWith(".ts"));
const entries = await Promise.all(
  paths.map(async ([entry, path]) => {
    const module = (await import(url(path).href)) as Record<string, unknown>;
    return [entry, Object.keys(module)] as const;
  }),
);

/** The names in the part of the page that is about an entry. */
function listed(entry: string): string[] {
  const title = entry.replace(/^\./, "fanfold");
  const [part = ""] = page.split(`## ${title}\n`)[1]?.split(/^## /m) ?? [];
  return [...part.matchAll(/^(?:### |\| \[`)(\w+)/gm)].map(([, name = ""]) => name);
}

describe("docs/api.md", () => {
  it("is what npm run reference writes", async () => {
    expect(page).toBe(await format(apiReference(), { parser: "markdown", printWidth: 100 }));
  }, 30_000);

  it.each(entries)("has every value of %s, and nothing twice", (entry, values) => {
    const names = listed(entry);
    expect(names).toEqual(expect.arrayContaining(values));
    expect(new Set(names).size).toBe(names.length);
  });
});

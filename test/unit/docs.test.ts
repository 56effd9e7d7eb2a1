import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = ["README.md", "CHANGELOG.md", ...globSync("docs/**/*.md", { cwd: root })];

describe("the documents", () => {
  it.each(pages)("%s leads only to files and headings that exist", (page) => {
    expect(deadLinks(page, read(page))).toEqual([]);
  });

  it.each(pages)("%s names only files that exist", (page) => {
    expect(missingFiles(read(page))).toEqual([]);
  });

  it("would be caught leading astray", () => {
    const astray = [
      "See [there](docs/nowhere.md), [here](README.md#no-such-heading), `services/nothing.ts`.",
      "Not caught: [the web](https://restate.dev), `[code](nowhere.md)`, [this](#a-b--c-1).",
      "## A, `b` & c",
      "## A, b & c",
      "```",
      "[output](nowhere.md)",
      "```",
    ].join("\n\n");
    expect(deadLinks("README.md", astray)).toEqual([
      "docs/nowhere.md",
      "README.md#no-such-heading",
    ]);
    expect(missingFiles(astray)).toEqual(["services/nothing.ts"]);
  });
});

// --- internal ---

const FENCED = /^```.*?^```/gms;
const CODE = /`[^`\n]*`/g;
const LINK = /\]\(([^)\s]+)\)/g;
const WEB = /^[a-z]+:/;
const FILE = /`((?:services|clients|examples|bench|test|docs)\/[\w./-]*)`/g;

function read(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

function deadLinks(page: string, text: string): string[] {
  const prose = text.replace(FENCED, "").replace(CODE, "");
  const targets = [...prose.matchAll(LINK)].map(([, target = ""]) => target);
  return targets.filter((target) => !WEB.test(target) && !leadsSomewhere(page, text, target));
}

function leadsSomewhere(page: string, text: string, target: string): boolean {
  const [path = "", heading] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return false;
  return heading === undefined || anchors(file === page ? text : read(file)).has(heading);
}

/** As GitHub makes them out of headings: the second of a name ends in -1. */
function anchors(text: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ""] of text.replace(FENCED, "").matchAll(/^#+ (.*)$/gm)) {
    const name = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    let anchor = name;
    for (let n = 1; found.has(anchor); n += 1) anchor = `${name}-${n}`;
    found.add(anchor);
  }
  return found;
}

function missingFiles(text: string): string[] {
  const named = [...text.replace(FENCED, "").matchAll(FILE)].map(([, file = ""]) => file);
  return named.filter((file) => !existsSync(join(root, file)));
}

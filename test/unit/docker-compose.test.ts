import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serverBinary } from "../../services/embedded/server-binary.ts";

const text = readFileSync(new URL("../../docker-compose.yml", import.meta.url), "utf8");

describe("docker-compose.yml", () => {
  it("sets only variables that the server knows", () => {
    expect(unknownVariables(text)).toEqual([]);
  });

  it("would be caught with a typing error in it", () => {
    const planted = text.replaceAll("RESTATE_DEFAULT_REPLICATION", "RESTATE_DEFAULT_REPLICATIONS");
    expect(unknownVariables(planted)).toEqual(["RESTATE_DEFAULT_REPLICATIONS"]);
  });

  it("takes the names of images from the environment, and names no host of theirs", () => {
    const images = [...text.matchAll(/(?:image|NODE_IMAGE): (.*)/g)].map(([, image]) => image);
    expect(images).toHaveLength(4);
    for (const image of images)
      expect(image).toMatch(/^\$\{[A-Z0-9]+_IMAGE:-[\w-]+(\/[\w-]+)?(:\S+)?\}$/);
  });
});

// --- internal ---

/**
 * The server ignores what it does not know: then its configuration is the same without it. Of a variable that is
 * set in several places the first counts, which is not the server's default.
 */
function unknownVariables(compose: string): string[] {
  const settings = [...compose.matchAll(/^ +(RESTATE_\w+): (.+)$/gm)]
    .map(([, name = "", value = ""]) => [name, plain(value)] as const)
    // Names the file that the tests of restate.toml are about.
    .filter(([name]) => name !== "RESTATE_CONFIG");
  const all = Object.fromEntries(settings.reverse());
  const dump = dumped(all);
  return Object.keys(all).filter((name) => {
    const { [name]: _, ...others } = all;
    return dumped(others) === dump;
  });
}

/** A value without quotation marks, and with its default for a variable. */
function plain(value: string): string {
  return value.replace(/^(["'])(.*)\1$/, "$2").replace(/\$\{\w+:-(.*?)\}/g, "$1");
}

function dumped(settings: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "docker-compose-"));
  try {
    return execFileSync(serverBinary(), ["--dump-config"], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], TMPDIR: folder, ...settings },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

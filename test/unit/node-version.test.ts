import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const guard = readFileSync(new URL("../../services/node-version.ts", import.meta.url), "utf8");

describe("node-version", () => {
  it.each(["22.18.0", "22.21.1", "23.0.0", "24.1.0", "100.0.0"])("accepts Node %s", (version) => {
    expect(guardUnder(version)).toEqual({ status: 0, stderr: "" });
  });

  it.each(["8.0.0", "20.20.2", "22.9.0", "22.17.1"])("refuses Node %s", (version) => {
    expect(guardUnder(version)).toEqual({
      status: 1,
      stderr: `Fanfold needs Node 22.18 or newer, but this is Node ${version}.\n`,
    });
  });
});

// --- internal ---

/** As the npm scripts run it: from standard input, as plain JavaScript. */
function guardUnder(version: string): { status: number | null; stderr: string } {
  const pretend = `Object.defineProperty(process.versions, "node", { value: "${version}" });\n`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module"], {
    input: pretend + guard,
    encoding: "utf8",
  });
  return { status, stderr };
}

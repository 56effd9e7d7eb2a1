import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "identity-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
const [privateKey, publicKey] = [join(folder, "identity.pem"), join(folder, "identity.pub")];

function identity(...files: string[]) {
  const entry = join(import.meta.dirname, "..", "..", "..", "clients", "cli", "identity.ts");
  return spawnSync(process.execPath, [entry, ...files], { encoding: "utf8" });
}

describe("npm run identity", () => {
  it("makes a private key once, and prints and writes the public one", () => {
    const { status, stdout } = identity(privateKey, publicKey);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^publickeyv1_\w+\n$/) as string,
    });
    expect(readFileSync(publicKey, "utf8")).toBe(stdout);
    expect(statSync(privateKey).mode & 0o777).toBe(0o600);
    expect(identity(privateKey).stdout).toBe(stdout);
  });

  it("says what it needs", () => {
    const { status, stderr } = identity();
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "Usage: npm run identity -- <private key file> [<public key file>]\n",
    });
  });
});

import { createPrivateKey, createPublicKey } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityKey, publicKeyOf } from "../../../services/embedded/identity.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "identity-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (file: string) => statSync(file).mode & 0o777;

describe("identityKey", () => {
  it("makes a key that only its owner can read, and finds it again", () => {
    const file = join(folder, "identity.pem");
    const key = identityKey(file);
    expect(key).toMatch(/^publickeyv1_[1-9A-HJ-NP-Za-km-z]{40,44}$/);
    expect(modeOf(file)).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["identity.pem"]);
    expect(identityKey(file)).toBe(key);
    expect(identityKey(join(folder, "other.pem"))).not.toBe(key);
  });

  it("takes back what a restore gave away", () => {
    const file = join(folder, "identity.pem");
    const key = identityKey(file);
    chmodSync(file, 0o644);
    expect(identityKey(file)).toBe(key);
    expect(modeOf(file)).toBe(0o600);
  });

  it("says nothing of the private key", () => {
    const file = join(folder, "identity.pem");
    const key = identityKey(file);
    const secret = readFileSync(file, "utf8").split("\n")[1] ?? "";
    expect(secret.length).toBeGreaterThan(40);
    expect(key).not.toContain(secret.slice(-20));
  });
});

describe("publicKeyOf", () => {
  it("is what the server prints for the same key", () => {
    const printed = "publickeyv1_GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB";
    expect(publicKeyOf(pemOf(Buffer.alloc(32, 7)))).toBe(printed);
  });

  it("begins with a 1 for each zero byte that its key begins with", () => {
    const seeds = Array.from({ length: 10_000 }, (_, n) => Buffer.alloc(32, `seed ${n}`));
    const found = seeds.find((seed) => rawPublicKey(pemOf(seed))[0] === 0);
    expect(publicKeyOf(pemOf(found ?? Buffer.alloc(0)))).toMatch(/^publickeyv1_1[^1]/);
  });
});

// --- internal ---

/** PKCS #8 around a seed of 32 bytes. */
function pemOf(seed: Buffer): string {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  return `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`;
}

function rawPublicKey(pem: string): Buffer {
  return createPublicKey(createPrivateKey(pem))
    .export({ type: "spki", format: "der" })
    .subarray(-32);
}

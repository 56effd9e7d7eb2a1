import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { trustedKeys } from "../../../services/endpoint/trusted-keys.ts";

const A = "publickeyv1_F8eMUAaFdS3QUpkYxNgPdUxnr6XxeXQVc2bv5mME5Qbg";
const B = "publickeyv1_GRxJ2iMQFTMgh3bZ5tiqDmVM9YHKTZQXrwMWFCC2n1Ek";

const folder = mkdtempSync(join(tmpdir(), "trusted-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("trustedKeys", () => {
  it("are none by default", () => {
    expect(trustedKeys({})).toEqual([]);
    expect(trustedKeys({ FANFOLD_IDENTITY_KEYS: "", FANFOLD_IDENTITY_KEYS_FILE: "" })).toEqual([]);
  });

  it("are what is set, several with spaces between", () => {
    expect(trustedKeys({ FANFOLD_IDENTITY_KEYS: A })).toEqual([A]);
    expect(trustedKeys({ FANFOLD_IDENTITY_KEYS: ` ${A}\n${B} ` })).toEqual([A, B]);
  });

  it("are read from a file, unless they are set", () => {
    const file = join(folder, "keys");
    writeFileSync(file, `${A}\n`);
    expect(trustedKeys({ FANFOLD_IDENTITY_KEYS_FILE: file })).toEqual([A]);
    const both = { FANFOLD_IDENTITY_KEYS: B, FANFOLD_IDENTITY_KEYS_FILE: file };
    expect(trustedKeys(both)).toEqual([B]);
  });

  it.each([
    "public",
    `${A},${B}`,
    "publickeyv1_",
    "publickeyv1_0OIl",
    "-----BEGIN PRIVATE KEY-----",
  ])("cannot be %j, which is not repeated", (text) => {
    const message = "FANFOLD_IDENTITY_KEYS takes public keys, publickeyv1_…, got something else";
    expect(() => trustedKeys({ FANFOLD_IDENTITY_KEYS: text })).toThrow(message);
  });

  it("cannot be in a file that is empty or not there", () => {
    const empty = join(folder, "empty");
    writeFileSync(empty, "\n");
    expect(() => trustedKeys({ FANFOLD_IDENTITY_KEYS_FILE: empty })).toThrow("got none");
    const missing = join(folder, "missing");
    expect(() => trustedKeys({ FANFOLD_IDENTITY_KEYS_FILE: missing })).toThrow("ENOENT");
  });
});

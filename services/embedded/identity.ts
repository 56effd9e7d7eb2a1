import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/**
 * The public half of a server's identity, as endpoints are told whom to trust. Makes the key if the file is
 * not there; nobody but its owner can read it, also after a restore that forgot about that.
 */
export function identityKey(privateKeyFile: string): string {
  if (!existsSync(privateKeyFile)) writePrivateKey(privateKeyFile);
  chmodSync(privateKeyFile, OWNER_ONLY);
  return publicKeyOf(readFileSync(privateKeyFile, "utf8"));
}

/** As the server prints it: `publickeyv1_` and the 32 bytes in base 58. */
export function publicKeyOf(privateKeyPem: string): string {
  const { x = "" } = createPublicKey(createPrivateKey(privateKeyPem)).export({ format: "jwk" });
  return `publickeyv1_${base58(Buffer.from(x, "base64url"))}`;
}

// --- internal ---

const OWNER_ONLY = 0o600;
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Under its name there is never half a key. */
function writePrivateKey(file: string): void {
  const { privateKey } = generateKeyPairSync("ed25519");
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, privateKey.export({ type: "pkcs8", format: "pem" }), {
    mode: OWNER_ONLY,
  });
  renameSync(unfinished, file);
}

function base58(bytes: Buffer): string {
  let digits = "";
  for (let rest = BigInt(`0x${bytes.toString("hex")}`); rest > 0n; rest /= 58n) {
    digits = ALPHABET.charAt(Number(rest % 58n)) + digits;
  }
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(zeros === -1 ? bytes.length : zeros) + digits;
}

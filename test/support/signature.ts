import { generateKeyPairSync, sign } from "node:crypto";
import { publicKeyOf } from "../../services/embedded/identity.ts";

/** The headers by which a Restate server shows an endpoint who it is, for one path and a minute. */
export function signatureHeaders(
  privateKeyPem: string,
  path: string,
  { at = Date.now() }: { at?: number } = {},
): Record<string, string> {
  const seconds = Math.floor(at / 1_000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = { typ: "JWT", alg: "EdDSA", kid: publicKeyOf(privateKeyPem) };
  const claims = { aud: path, exp: seconds + 60, iat: seconds, nbf: seconds - 60 };
  const signed = `${part(header)}.${part(claims)}`;
  const signature = sign(null, Buffer.from(signed), privateKeyPem).toString("base64url");
  return { "x-restate-signature-scheme": "v1", "x-restate-jwt-v1": `${signed}.${signature}` };
}

/** Somebody else's private key. */
export function foreignKey(): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

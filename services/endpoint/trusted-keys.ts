import { readFileSync } from "node:fs";

/**
 * The servers whose calls an endpoint serves, by their public keys: `FANFOLD_IDENTITY_KEYS`, or the content
 * of the file that `FANFOLD_IDENTITY_KEYS_FILE` names. Several stand with spaces between, while a server
 * changes from one to the next. Empty: calls are served whoever signs them.
 */
export function trustedKeys(env: NodeJS.ProcessEnv = process.env): string[] {
  const file = env["FANFOLD_IDENTITY_KEYS_FILE"];
  const text = env["FANFOLD_IDENTITY_KEYS"] || (file ? readFileSync(file, "utf8") : "");
  const keys = text.split(/\s+/).filter((key) => key !== "");
  const wrong = keys.find((key) => !PUBLIC_KEY.test(key));
  if (wrong === undefined && (keys.length > 0 || !file)) return keys;
  throw new TypeError(
    `FANFOLD_IDENTITY_KEYS takes public keys, publickeyv1_…, got ${wrong === undefined ? "none" : "something else"}`,
  );
}

// --- internal ---

const PUBLIC_KEY = /^publickeyv1_[1-9A-HJ-NP-Za-km-z]{32,44}$/;

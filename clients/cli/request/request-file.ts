import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { UsageError } from "../shared/error-line.ts";
import type { Parts } from "./build-request.ts";

/** The request that a file, or standard input for `-`, holds as JSON. */
export async function readRequest(path: string): Promise<Parts> {
  const content = path === "-" ? await text(process.stdin) : await readFile(path, "utf8");
  const request = parsed(path, content);
  if (typeof request === "object" && request !== null && !Array.isArray(request)) {
    return request as Parts;
  }
  throw new UsageError(`${path} holds no JSON object.`);
}

// --- internal ---

function parsed(path: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new UsageError(`${path} is no JSON: ${(cause as Error).message}.`, { cause });
  }
}

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Definition } from "./registry.ts";

/** Every action and fold that a module exports. A path is relative to the current folder. */
export async function loadActions(path: string): Promise<Definition[]> {
  const exported = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  const actions = Object.values(exported).filter(isDefinition);
  if (actions.length === 0) throw new Error(`${path} exports neither an action nor a fold.`);
  return actions;
}

// --- internal ---

function isDefinition(value: unknown): value is Definition {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return value.kind === "function" || value.kind === "durable" || value.kind === "fold";
}

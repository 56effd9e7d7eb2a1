import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { AnyAction } from "./actions.ts";

/** Every action that a module exports. A path is relative to the current folder. */
export async function loadActions(path: string): Promise<AnyAction[]> {
  const exported = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  const actions = Object.values(exported).filter(isAction);
  if (actions.length === 0) throw new Error(`${path} exports no action.`);
  return actions;
}

// --- internal ---

function isAction(value: unknown): value is AnyAction {
  return (
    typeof value === "object" && value !== null && "kind" in value && value.kind === "function"
  );
}

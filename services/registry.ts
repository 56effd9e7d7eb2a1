import type { AnyAction, AnyFold } from "./actions.ts";
import type { AnyDurableAction } from "./durable-action.ts";

/** An action of either kind. */
export type DefinedAction = AnyAction | AnyDurableAction;

/** What users define. */
export type Definition = DefinedAction | AnyFold;

/** What users have defined, by name. */
export interface Registry {
  readonly findAction: (name: string) => DefinedAction | undefined;
  readonly findFold: (name: string) => AnyFold | undefined;
}

/** Actions and folds share their names: no two of them may have the same. */
export function registryOf(definitions: readonly Definition[]): Registry {
  const named = new Map<string, Definition>();
  for (const definition of definitions) {
    const { name } = definition;
    if (named.has(name)) throw new TypeError(`two actions or folds are named "${name}"`);
    named.set(name, definition);
  }
  return {
    findAction: (name) => {
      const found = named.get(name);
      return found?.kind === "fold" ? undefined : found;
    },
    findFold: (name) => {
      const found = named.get(name);
      return found?.kind === "fold" ? found : undefined;
    },
  };
}

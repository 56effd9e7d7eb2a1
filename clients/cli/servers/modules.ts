import { access } from "node:fs/promises";
import { delimiter, resolve } from "node:path";
import { UsageError } from "../shared/error-line.ts";

/** What tells a worker which modules to take actions from; a module that is not there is told at once. */
export async function actionsOf(modules: readonly string[]): Promise<{ FANFOLD_ACTIONS: string }> {
  for (const path of modules) {
    await access(path).catch(() => {
      throw new UsageError(`There is no file "${path}" to take actions from`);
    });
  }
  return { FANFOLD_ACTIONS: modules.map((path) => resolve(path)).join(delimiter) };
}

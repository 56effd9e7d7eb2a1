import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { answers, becomesTrue } from "./poll.ts";
import { isAlive } from "./process-state.ts";

/** Who uses a data folder: written by the guard of its server, removed when that server is gone. */
export type DataHolder = {
  readonly guard: number;
  readonly owner: number;
  readonly ingressUrl: string;
  readonly adminUrl: string;
};

export function dataLock(dataDir: string): string {
  return join(dataDir, "fanfold.lock");
}

/**
 * Resolves when nobody uses the data folder, also after a holder that is just going away or was
 * killed. Throws one clear sentence when a running server does.
 */
export async function dataIsFree(dataDir: string): Promise<void> {
  const lock = dataLock(dataDir);
  await becomesTrue(
    async () => {
      const holder = readHolder(lock);
      if (!holder || !isAlive(holder.guard)) return true;
      if (isAlive(holder.owner) && (await answers(`${holder.adminUrl}/health`))) {
        throw new Error(
          `Fanfold already runs on ${dataDir} (process ${holder.owner}, ${holder.ingressUrl}).`,
        );
      }
      return false;
    },
    { withinMs: goneWithinMs, everyMs: 50 },
  );
  // Alive, but without a server for all that time: another process wears its id by now.
  rmSync(lock, { force: true });
}

// --- internal ---

/** More than a guard gives its server to stop. */
const goneWithinMs = 15_000;

function readHolder(lock: string): DataHolder | undefined {
  try {
    return JSON.parse(readFileSync(lock, "utf8")) as DataHolder;
  } catch {
    return undefined;
  }
}

import { join } from "node:path";
import { startFanfold, type Fanfold } from "../services/embedded/fanfold.ts";
import { registerEndpoint } from "../services/embedded/register.ts";
import { startWorker, type Worker } from "../services/embedded/worker.ts";

export type Servers = {
  readonly ingressUrl: string;
  /** The process that runs Fanfold; a benchmark in which it dies measures nothing. */
  readonly fanfoldPid: () => number;
  stop(): Promise<void>;
};

/** One Restate server, and the two contestants each in a process of its own. */
export async function startServers(): Promise<Servers> {
  const fanfold = await startFanfold({ entry: join(import.meta.dirname, "fanfold-worker.ts") });
  let handWritten: Worker | undefined;
  const stop = async () => {
    await handWritten?.stop();
    await fanfold.stop();
  };
  try {
    handWritten = await startWorker({
      entry: join(import.meta.dirname, "hand-written-worker.ts"),
    });
    await registerEndpoint(fanfold.adminUrl, handWritten.url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ingressUrl: fanfold.ingressUrl, fanfoldPid: () => pidOf(fanfold), stop };
}

// --- internal ---

function pidOf({ worker }: Fanfold): number {
  const pid = worker.pid();
  if (pid === undefined || worker.restarts() > 0) throw new Error("The Fanfold endpoint has died.");
  return pid;
}

import { join } from "node:path";
import { startFanfold } from "../services/embedded/fanfold.ts";
import { registerEndpoint } from "../services/embedded/register.ts";
import { startWorker, type Worker } from "../services/embedded/worker.ts";

export type Servers = {
  readonly ingressUrl: string;
  /** The process that runs Fanfold; a benchmark in which it dies measures nothing. */
  readonly fanfoldPid: () => number;
  /** All that take part. */
  readonly pids: () => number[];
  stop(): Promise<void>;
};

/** One Restate server, and the two contestants each in a process of its own. */
export async function startServers(): Promise<Servers> {
  const fanfold = await startFanfold({
    workerEnv: { FANFOLD_ACTIONS: join(import.meta.dirname, "actions.ts"), FANFOLD_LOG: "warn" },
  });
  let handWritten: Worker | undefined;
  const stop = async () => {
    await handWritten?.stop();
    await fanfold.stop();
  };
  try {
    handWritten = await startWorker({
      entry: join(import.meta.dirname, "hand-written-worker.ts"),
      env: { FANFOLD_IDENTITY_KEYS: fanfold.server.identityKey },
    });
    await registerEndpoint(fanfold.adminUrl, handWritten.url);
  } catch (error) {
    await stop();
    throw error;
  }

  const { ingressUrl, server, worker } = fanfold;
  const other = handWritten;
  const fanfoldPid = () => pidOf(worker);
  const pids = () => [process.pid, server.pid, pidOf(worker), pidOf(other)];
  return { ingressUrl, fanfoldPid, pids, stop };
}

// --- internal ---

function pidOf(worker: Worker): number {
  const pid = worker.pid();
  if (pid === undefined || worker.restarts() > 0) throw new Error("An endpoint has died.");
  return pid;
}

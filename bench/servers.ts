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

/** One Restate server, the two contestants and a handler that both call, each in a process of its own. */
export async function startServers(): Promise<Servers> {
  const fanfold = await startFanfold({
    workerEnv: { FANFOLD_ACTIONS: join(import.meta.dirname, "actions.ts"), FANFOLD_LOG: "warn" },
  });
  const { adminUrl, ingressUrl, server, worker } = fanfold;
  const others: Worker[] = [];
  const stop = async () => {
    for (const other of others) await other.stop();
    await fanfold.stop();
  };
  try {
    for (const name of ["remote-worker.ts", "hand-written-worker.ts"]) {
      const other = await startWorker({
        entry: join(import.meta.dirname, name),
        env: { FANFOLD_IDENTITY_KEYS: server.identityKey },
      });
      others.push(other);
      await registerEndpoint(adminUrl, other.url);
    }
  } catch (error) {
    await stop();
    throw error;
  }

  const fanfoldPid = () => pidOf(worker);
  const pids = () => [process.pid, server.pid, ...[worker, ...others].map(pidOf)];
  return { ingressUrl, fanfoldPid, pids, stop };
}

// --- internal ---

function pidOf(worker: Worker): number {
  const pid = worker.pid();
  if (pid === undefined || worker.restarts() > 0) throw new Error("An endpoint has died.");
  return pid;
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  startFanfold,
  type Fanfold,
  type FanfoldOptions,
} from "../../../services/embedded/fanfold.ts";
import { startRestate } from "../../../services/embedded/server.ts";
import { Jobs } from "./jobs.ts";
import { repeatedRuns, RUN_LOG, runsOf, toldOf, type Run } from "./run-log.ts";

/** A Fanfold whose actions misbehave, and what its actions wrote down. */
export interface Chaos {
  readonly fanfold: Fanfold;
  readonly jobs: Jobs;
  runs(jobId: string): Run[];
  repeated(jobId: string): number;
  told(jobId: string): string[];
  stop(): Promise<void>;
}

export async function startChaos(options: FanfoldOptions = {}): Promise<Chaos> {
  const folder = mkdtempSync(join(tmpdir(), "chaos-"));
  const file = join(folder, "runs");
  const fanfold = await startFanfold({
    ...options,
    entry: join(import.meta.dirname, "worker.ts"),
    workerEnv: { ...options.workerEnv, [RUN_LOG]: file },
  });
  return {
    fanfold,
    jobs: new Jobs(fanfold),
    runs: (jobId) => runsOf(file, jobId),
    repeated: (jobId) => repeatedRuns(runsOf(file, jobId)),
    told: (jobId) => toldOf(file, jobId),
    stop: async () => {
      await fanfold.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A server that can be killed and started again on its data and ports. */
export interface MortalServer {
  /** SIGKILL, and a new one. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export function mortalServer({ server: first }: Fanfold, dataDir: string): MortalServer {
  let server = first;
  return {
    restart: async () => {
      await server.kill();
      server = await startRestate({ dataDir, ports: server.ports });
    },
    stop: () => server.stop(),
  };
}

/** Keeps the endpoint down for `downMs`: whatever starts in that time is killed at once. */
export async function keepDown({ worker }: Fanfold, downMs: number): Promise<void> {
  const until = Date.now() + downMs;
  while (Date.now() < until) {
    if (worker.pid() === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    else await worker.kill();
  }
}

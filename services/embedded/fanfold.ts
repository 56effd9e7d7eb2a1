import { extname, join } from "node:path";
import { claimPorts } from "./ports.ts";
import { registerEndpoint } from "./register.ts";
import { startRestate, type RestateOptions, type RestateServer } from "./server.ts";
import { startWorker, type Worker } from "./worker.ts";

export type FanfoldOptions = Pick<RestateOptions, "dataDir" | "ports" | "logFile"> & {
  /** 0 or absent: any free port. */
  readonly endpointPort?: number;
  /** Binds the sample actions too. */
  readonly samples?: boolean;
  /** What the links in answers begin with; by default the ingress. */
  readonly publicUrl?: string;
  /** More environment of the server. */
  readonly serverEnv?: Readonly<Record<string, string>>;
  /** More environment of the worker. */
  readonly workerEnv?: Readonly<Record<string, string>>;
  /** The worker's module, `services/main.ts` by default. */
  readonly entry?: string;
};

export type Fanfold = {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  readonly endpointUrl: string;
  readonly server: RestateServer;
  readonly worker: Worker;
  /** Stops the worker, which brings its work home, then the server. */
  stop(): Promise<void>;
};

/** Starts a server and a worker and registers the one with the other: ready for jobs. */
export async function startFanfold(options: FanfoldOptions = {}): Promise<Fanfold> {
  const { endpointPort, samples, publicUrl, serverEnv, workerEnv, entry, ...restate } = options;
  const server = await startRestate({ ...restate, env: serverEnv ?? {} });
  const { ingressUrl, adminUrl } = server;
  let worker: Worker | undefined;
  try {
    const { endpoint } = await claimPorts({ endpoint: endpointPort });
    worker = await startWorker({
      entry: entry ?? mainEntry,
      port: endpoint,
      env: {
        FANFOLD_PUBLIC_URL: publicUrl ?? ingressUrl,
        FANFOLD_INGRESS_URL: ingressUrl,
        FANFOLD_IDENTITY_KEYS: server.identityKey,
        FANFOLD_ENDPOINT_HOST: "127.0.0.1",
        ...(samples ? { FANFOLD_SAMPLES: "1" } : {}),
        ...workerEnv,
      },
    });
    await registerEndpoint(adminUrl, worker.url);
  } catch (error) {
    await worker?.stop();
    await server.stop();
    throw error;
  }

  const started = worker;
  const stop = async () => {
    await started.stop();
    await server.stop();
  };
  return { ingressUrl, adminUrl, endpointUrl: started.url, server, worker: started, stop };
}

/** The worker of these actions and samples that the environment names. */
export const mainEntry = join(import.meta.dirname, "..", `main${extname(import.meta.filename)}`);

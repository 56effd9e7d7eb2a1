import { mainEntry } from "../../../services/embedded/fanfold.ts";
import { claimPorts } from "../../../services/embedded/ports.ts";
import { registerEndpoint } from "../../../services/embedded/register.ts";
import { startWorker } from "../../../services/embedded/worker.ts";
import { print } from "../shared/output.ts";
import { actionsOf } from "./modules.ts";
import { portOf } from "./ports.ts";
import { stopOrder } from "./stop-order.ts";

export interface WorkerOptions {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  /** Where the server finds the worker, unless it is on the same machine. */
  readonly endpointUrl?: string;
  readonly samples?: true;
}

/** Runs a worker for a server that is there already, until it is stopped. One that dies is started again. */
export async function work(modules: readonly string[], options: WorkerOptions): Promise<void> {
  const { ingressUrl, adminUrl, samples } = options;
  const stop = stopOrder();
  const { endpoint } = await claimPorts({ endpoint: portOf("FANFOLD_ENDPOINT_PORT", 9080) });
  const worker = await startWorker({
    entry: mainEntry,
    port: endpoint,
    env: {
      FANFOLD_PUBLIC_URL: process.env["FANFOLD_PUBLIC_URL"] ?? ingressUrl,
      FANFOLD_INGRESS_URL: ingressUrl,
      ...(samples ? { FANFOLD_SAMPLES: "1" } : {}),
      ...(await actionsOf(modules)),
    },
  });
  try {
    const endpointUrl = options.endpointUrl ?? worker.url;
    await registerEndpoint(adminUrl, endpointUrl);
    print(`The worker is ready: ${endpointUrl}, registered with ${adminUrl}`);
    await stop.given;
  } finally {
    await worker.stop();
  }
}

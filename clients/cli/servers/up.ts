import { join, resolve } from "node:path";
import { startFanfold, type Fanfold } from "../../../services/embedded/fanfold.ts";
import { print } from "../shared/output.ts";
import { actionsOf } from "./modules.ts";
import { portOf } from "./ports.ts";
import { stopOrder } from "./stop-order.ts";

/** Runs a server that keeps its data, and a worker for the samples and these modules, until it is stopped. */
export async function up(modules: readonly string[]): Promise<void> {
  const stop = stopOrder();
  const { ingressUrl, adminUrl, endpointUrl, server, ...fanfold } = await start(modules);
  if (!stop.isGiven()) {
    print(`Fanfold is ready: ingress ${ingressUrl}, admin ${adminUrl}, endpoint ${endpointUrl}`);
  }
  await Promise.race([stop.given, server.exited]);
  await fanfold.stop();
  if (!stop.isGiven())
    throw new Error("The Restate server ended by itself: see restate-server.log");
}

// --- internal ---

async function start(modules: readonly string[]): Promise<Fanfold> {
  const { env } = process;
  const dataDir = resolve(env["FANFOLD_DATA_DIR"] ?? ".fanfold");
  const publicUrl = env["FANFOLD_PUBLIC_URL"];
  return startFanfold({
    dataDir,
    logFile: join(dataDir, "restate-server.log"),
    ports: {
      ingress: portOf("FANFOLD_INGRESS_PORT", 8080),
      admin: portOf("FANFOLD_ADMIN_PORT", 9070),
      node: portOf("FANFOLD_NODE_PORT", 5122),
    },
    endpointPort: portOf("FANFOLD_ENDPOINT_PORT", 9080),
    samples: true,
    workerEnv: await actionsOf(modules),
    ...(publicUrl ? { publicUrl } : {}),
  });
}

import "./node-version.ts";
import { delimiter } from "node:path";
import { createApp, type AnyService, type App } from "./app.ts";
import { announceReady, onStop } from "./embedded/worker-process.ts";
import { serveEndpoint, type Endpoint } from "./endpoint.ts";
import { loadActions } from "./load-actions.ts";
import type { Definition } from "./registry.ts";
import type { Traces } from "./traces/traces.ts";

const { env } = process;
const actions: Definition[] = [];
const services: AnyService[] = [];
if (env["FANFOLD_SAMPLES"] === "1") {
  const { samples, sampleServices } = await import("./samples/index.ts");
  actions.push(...samples);
  services.push(...sampleServices);
}
for (const path of (env["FANFOLD_ACTIONS"] ?? "").split(delimiter).filter(Boolean)) {
  actions.push(...(await loadActions(path)));
}

const { app, endpoint } = await startOrExit();

onStop(async () => {
  await app.close();
  await endpoint.close();
});
announceReady(endpoint.port);

// --- internal ---

/** Whoever starts a worker with a wrong setting is told so in one sentence. */
async function startOrExit(): Promise<{ app: App; endpoint: Endpoint }> {
  try {
    const app = createApp({ actions, services, traces: await tracesIfWanted() });
    const port = Number(env["FANFOLD_ENDPOINT_PORT"] ?? 9080);
    return { app, endpoint: await serveEndpoint({ services: app.services, port }) };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/** By the tracer provider that `node --import` has registered. */
async function tracesIfWanted(): Promise<Traces | null> {
  if (env["FANFOLD_TRACES"] !== "1") return null;
  const { trace } = await import("@opentelemetry/api");
  const { traces } = await import("./traces/index.ts");
  return traces(trace.getTracer("fanfold"));
}

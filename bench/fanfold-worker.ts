// What is measured: the endpoint as services/main.ts runs it, with the actions of the benchmark.
import "../services/node-version.ts";
import { createApp } from "../services/app.ts";
import { announceReady, onStop } from "../services/embedded/worker-process.ts";
import { serveEndpoint } from "../services/endpoint.ts";
import { noop, wait10ms } from "./actions.ts";

const app = createApp({ actions: [noop, wait10ms] });
const endpoint = await serveEndpoint({
  services: app.services,
  port: Number(process.env["FANFOLD_ENDPOINT_PORT"] ?? 9080),
});

onStop(async () => {
  await app.close();
  await endpoint.close();
});
announceReady(endpoint.port);

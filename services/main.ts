import "./node-version.ts";
import { createApp } from "./app.ts";
import { announceReady, onStop } from "./embedded/worker-process.ts";
import { serveEndpoint } from "./endpoint.ts";

const samples = process.env["FANFOLD_SAMPLES"] === "1";
const actions = samples ? (await import("./samples/index.ts")).samples : [];

const app = createApp({ actions });
const endpoint = await serveEndpoint({
  services: app.services,
  port: Number(process.env["FANFOLD_ENDPOINT_PORT"] ?? 9080),
});

onStop(async () => {
  await app.close();
  await endpoint.close();
});
announceReady(endpoint.port);

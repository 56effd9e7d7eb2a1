// The worker of the chaos tests: Fanfold with actions that misbehave.
import { createApp } from "../../../services/app.ts";
import { announceReady, onStop } from "../../../services/embedded/worker-process.ts";
import { serveEndpoint } from "../../../services/endpoint.ts";
import { chaosActions } from "./actions.ts";

const app = createApp({ actions: chaosActions });
const endpoint = await serveEndpoint({
  services: app.services,
  port: Number(process.env["FANFOLD_ENDPOINT_PORT"] ?? 0),
});

onStop(async () => {
  await app.close();
  await endpoint.close();
});
announceReady(endpoint.port);

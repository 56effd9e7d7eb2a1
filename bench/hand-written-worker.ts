import "../services/node-version.ts";
import { announceReady, onStop } from "../services/embedded/worker-process.ts";
import { serveEndpoint } from "../services/endpoint.ts";
import { futures } from "./futures.ts";
import { handWritten, slice, slicedCalls, task } from "./hand-written.ts";

const endpoint = await serveEndpoint({
  services: [handWritten, slice, slicedCalls, task, futures],
  port: Number(process.env["FANFOLD_ENDPOINT_PORT"] ?? 9080),
});

onStop(() => endpoint.close());
announceReady(endpoint.port);

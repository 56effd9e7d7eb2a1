import "../services/node-version.ts";
import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { createEndpointHandler } from "@restatedev/restate-sdk/node";
import { announceReady } from "../services/embedded/worker-process.ts";
import { trustedKeys } from "../services/endpoint/trusted-keys.ts";
import { checkout } from "../services/samples/checkout/checkout.ts";
import { checkoutSteps } from "../services/samples/checkout/steps.ts";
import { futures } from "./futures.ts";
import { handWritten, slice, slicedCalls, task } from "./hand-written.ts";

// An endpoint as the SDK makes it, not Fanfold's: it checks the signature of each call.
const handler = createEndpointHandler({
  services: [handWritten, slice, slicedCalls, task, futures, checkout, checkoutSteps],
  identityKeys: trustedKeys(),
  logger: () => undefined,
});
const server = createServer(handler);
server.listen(Number(process.env["FANFOLD_ENDPOINT_PORT"] ?? 9080), "127.0.0.1");
await once(server, "listening");
announceReady((server.address() as AddressInfo).port);

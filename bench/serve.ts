import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { createEndpointHandler, type EndpointOptions } from "@restatedev/restate-sdk/node";
import { announceReady } from "../services/embedded/worker-process.ts";
import { trustedKeys } from "../services/endpoint/trusted-keys.ts";

/** An endpoint as the SDK makes it, not Fanfold's: it checks the signature of each call. */
export async function serve(services: EndpointOptions["services"]): Promise<void> {
  const identityKeys = trustedKeys();
  const handler = createEndpointHandler({ services, identityKeys, logger: () => undefined });
  const server = createServer(handler);
  server.listen(Number(process.env["FANFOLD_ENDPOINT_PORT"] ?? 9080), "127.0.0.1");
  await once(server, "listening");
  announceReady((server.address() as AddressInfo).port);
}

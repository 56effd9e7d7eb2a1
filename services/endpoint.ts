import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { createEndpointHandler } from "@restatedev/restate-sdk/node";
import type { AnyService } from "./app.ts";

export interface Endpoint {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/** Serves services to a Restate server, on 127.0.0.1; port 0 or none: any free one. */
export async function serveEndpoint({
  services,
  port = 0,
}: {
  services: AnyService[];
  port?: number;
}): Promise<Endpoint> {
  let isClosing = false;
  const logger: Logger = (meta, message, ...more) => {
    // Errors only: the SDK has several lines to say about each invocation. Those that closing cuts
    // off go on elsewhere.
    if (meta.level === "error" && !isClosing) console.error(message, ...more);
  };
  const server = createServer(createEndpointHandler({ services, logger }));
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        isClosing = true;
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
      }),
  };
}

// --- internal ---

type Logger = NonNullable<Parameters<typeof createEndpointHandler>[0]["logger"]>;

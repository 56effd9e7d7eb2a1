import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { isIPv4 } from "node:net";
import type { LoggerTransport } from "@restatedev/restate-sdk";
import { createEndpointHandler } from "@restatedev/restate-sdk/node";
import type { AnyService } from "./app.ts";
import { trustedKeys } from "./endpoint/trusted-keys.ts";
import { answerOperation } from "./endpoint/operations.ts";
import { sparingChecks } from "./endpoint/sparing-checks.ts";
import { listenForBoth } from "./endpoint/two-protocols.ts";
import { log } from "./log/log.ts";
import { restateLog } from "./log/restate-log.ts";
import { watchProcess } from "./metrics/exposition.ts";

export interface EndpointOptions {
  readonly services: AnyService[];
  /** 0 or none: any free one. */
  readonly port?: number;
  /** By default what `FANFOLD_ENDPOINT_HOST` says, else 127.0.0.1. */
  readonly host?: string;
  /** Public keys of the servers that may call; by default what `FANFOLD_IDENTITY_KEYS` says. */
  readonly identityKeys?: readonly string[];
}

export interface Endpoint {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves services to a Restate server, and `GET /health` and `GET /metrics` to whoever asks.
 *
 * With identity keys a call that none of these servers has signed is refused. Without any, everybody who
 * reaches the port can call every handler: it can then only be on this machine.
 */
export async function serveEndpoint({
  services,
  port = 0,
  host = process.env["FANFOLD_ENDPOINT_HOST"] || "127.0.0.1",
  identityKeys = trustedKeys(),
}: EndpointOptions): Promise<Endpoint> {
  if (identityKeys.length === 0 && !isLoopback(host)) {
    throw new Error(
      `An endpoint on ${host} must know its server: set FANFOLD_IDENTITY_KEYS to its public key.`,
    );
  }
  let isQuiet = false;
  const say = restateLog(log);
  const logger: LoggerTransport = (...said) => {
    if (!isQuiet) say(...said);
  };
  const checked = createEndpointHandler({ services, logger, identityKeys: [...identityKeys] });
  // The SDK warns that this one checks nothing.
  isQuiet = true;
  const unchecked = createEndpointHandler({ services, logger });
  isQuiet = false;
  const http2 = identityKeys.length === 0 ? checked : sparingChecks({ checked, unchecked });
  const listening = await listenForBoth(
    createHttp1Server((request, response) => {
      if (!answerOperation(request, response)) checked(request, response);
    }),
    createHttp2Server((request, response) => {
      if (!answerOperation(request, response)) http2(request, response);
    }),
    { host, port },
  );
  watchProcess();
  log.info({ host, port: listening.port }, "The endpoint listens.");
  return {
    port: listening.port,
    url: `http://127.0.0.1:${listening.port}`,
    close: () => {
      // Of those that closing cuts off nothing is to be said: they go on elsewhere.
      isQuiet = true;
      return listening.close();
    },
  };
}

// --- internal ---

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

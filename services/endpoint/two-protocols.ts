import type { Server as Http1Server } from "node:http";
import type { Http2Server } from "node:http2";
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface Listening {
  readonly port: number;
  /** Cuts every connection off. */
  close(): Promise<void>;
}

/**
 * Listens on one port for HTTP/2, which Restate's server speaks, and HTTP/1.1, which probes and scrapers do.
 * The first bytes of a connection tell which.
 */
export async function listenForBoth(
  http1: Http1Server,
  http2: Http2Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // One that is reset before it says anything has nobody else to hear of it.
    socket.on("error", () => socket.destroy());
    // Not by "data": what flows once is lost to whom the socket is handed.
    socket.once("readable", () => {
      const first = socket.read() as Buffer | null;
      if (!first) return void socket.destroy();
      socket.unshift(first);
      (startsHttp2(first) ? http2 : http1).emit("connection", socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

// --- internal ---

/** How a connection begins that speaks HTTP/2 without asking; no method of HTTP/1.1 begins like it. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Of a first packet that is shorter, what there is of it. */
function startsHttp2(first: Buffer): boolean {
  const length = Math.min(first.length, PREFACE.length);
  return first.subarray(0, length).equals(PREFACE.subarray(0, length));
}

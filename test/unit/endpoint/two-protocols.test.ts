import { once } from "node:events";
import { createServer as createHttp1Server, get, type ServerResponse } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { Http2ServerResponse } from "node:http2";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { listenForBoth, type Listening } from "../../../services/endpoint/two-protocols.ts";

const open: Listening[] = [];
afterEach(async () => {
  for (const listening of open.splice(0)) await listening.close();
});

async function listening(): Promise<Listening> {
  const answer = (version: string, body: string) => `${version} ${body}`;
  const server = await listenForBoth(
    createHttp1Server((request, response: ServerResponse) => {
      void text(request).then((body) => response.end(answer(request.httpVersion, body)));
    }),
    createHttp2Server((request, response: Http2ServerResponse) => {
      void text(request).then((body) => response.end(answer(request.httpVersion, body)));
    }),
    { host: "127.0.0.1", port: 0 },
  );
  open.push(server);
  return server;
}

async function byHttp2(port: number, body: string): Promise<string> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  try {
    const stream = session.request({ ":method": "POST", ":path": "/" });
    stream.end(body);
    return await text(stream);
  } finally {
    session.close();
  }
}

describe("listenForBoth", () => {
  it("serves HTTP/1.1", async () => {
    const { port } = await listening();
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "hello" });
    expect(await response.text()).toBe("1.1 hello");
  });

  it("serves HTTP/2 without a word about it, large bodies too", async () => {
    const { port } = await listening();
    expect(await byHttp2(port, "hello")).toBe("2.0 hello");
    const large = "x".repeat(3_000_000);
    expect(await byHttp2(port, large)).toBe(`2.0 ${large}`);
  });

  it("goes on after a connection that is reset, closed or senseless before its first request", async () => {
    const { port } = await listening();
    const reset = connect(port, "127.0.0.1");
    await once(reset, "connect");
    reset.resetAndDestroy();
    const senseless = connect(port, "127.0.0.1");
    senseless.write("\u0000\u0001\u0002 nothing\r\n\r\n");
    await once(senseless.resume(), "close");
    connect(port, "127.0.0.1").end();
    expect(await byHttp2(port, "still here")).toBe("2.0 still here");
  });

  it("cuts off idle connections of either kind when it closes", async () => {
    const server = await listening();
    const silent = connect(server.port, "127.0.0.1");
    await once(silent, "connect");
    const session = connectHttp2(`http://127.0.0.1:${server.port}`);
    await once(session, "remoteSettings");
    const kept = get(`http://127.0.0.1:${server.port}/`, { headers: { connection: "keep-alive" } });
    const [response] = (await once(kept, "response")) as [NodeJS.ReadableStream];
    await text(response);
    const ended = [once(silent.resume(), "close"), once(session, "close")];
    await server.close();
    await Promise.all(ended);
  });
});

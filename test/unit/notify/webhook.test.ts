import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { addressPolicy } from "../../../services/notify/address.ts";
import { webhookSecrets } from "../../../services/notify/signature.ts";
import { postWebhook, type Lookup } from "../../../services/notify/webhook.ts";

const servers: Server[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe("postWebhook", () => {
  it("posts the body as it is, with the headers of Standard Webhooks", async () => {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const { url } = await receiver((request, response) => {
      void bodyOf(request).then((body) => {
        seen.push({ request, body });
        response.writeHead(204).end();
      });
    });
    expect(await post(`${url}/hook?x=1`)).toEqual({ ok: true });
    expect(seen).toMatchObject([
      {
        body: '{"ü":1}',
        request: {
          method: "POST",
          url: "/hook?x=1",
          headers: {
            "content-type": "application/json",
            "content-length": "8",
            "webhook-id": "job-1/1/e1/job/0",
            "webhook-timestamp": expect.stringMatching(/^\d{10}$/) as string,
            "webhook-signature": expect.stringMatching(/^v1,/) as string,
          },
        },
      },
    ]);
  });

  it.each([200, 201, 202, 204, 299])("takes %i for delivered", async (status) => {
    const { url } = await receiver((_, response) => response.writeHead(status).end());
    expect(await post(url)).toEqual({ ok: true });
  });

  it.each([
    [400, false],
    [404, false],
    [410, true],
    [429, false],
    [500, false],
    [503, false],
    [304, false],
  ])("takes %i for a failure, final: %s", async (status, isFinal) => {
    const { url } = await receiver((_, response) => response.writeHead(status).end());
    const error = `The receiver answered ${status}.`;
    expect(await post(url)).toEqual({ ok: false, error, isFinal });
  });

  it.each([301, 302, 303, 307, 308])("does not follow %i", async (status) => {
    let calls = 0;
    const { url } = await receiver((_, response) => {
      calls += 1;
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
    expect(await post(url)).toMatchObject({ ok: false, error: `The receiver answered ${status}.` });
    expect(calls).toBe(1);
  });

  it.each([
    ["a private address", (host: string) => `http://${host}/`],
    ["another spelling of one", (host: string) => `http://${host.replace("127.0.0.1", "0x7f.1")}/`],
    ["an address that says nothing of its scheme", (host: string) => `//${host}/`],
  ])("does not follow a redirect to %s", async (_, location) => {
    const inside = await receiver((_request, response) => response.writeHead(200).end());
    const { host } = new URL(inside.url);
    const { url } = await receiver((_request, response) => {
      response
        .writeHead(307, { location: location(host), refresh: `0; url=http://${host}/` })
        .end();
    });
    const allow = new URL(url).host;
    expect(await post(url, { allow })).toEqual({
      ok: false,
      error: "The receiver answered 307.",
      isFinal: false,
    });
    expect(inside.seen()).toBe(0);
  });

  it("reads no answer's body, however long", async () => {
    const closed = Promise.withResolvers<void>();
    const { url } = await receiver((_, response) => {
      response.writeHead(200);
      const flood = setInterval(() => response.write("x".repeat(64 * 1024)), 1);
      response.once("close", () => {
        clearInterval(flood);
        closed.resolve();
      });
    });
    expect(await post(url)).toEqual({ ok: true });
    await closed.promise;
  });

  it("gives up a receiver that says nothing", async () => {
    const patience = vi.spyOn(AbortSignal, "timeout");
    patience.mockReturnValue(AbortSignal.abort());
    const { url } = await receiver(() => undefined);
    expect(await post(url)).toEqual({
      ok: false,
      error: "No answer in 10000 ms.",
      isFinal: false,
    });
    expect(patience).toHaveBeenCalledWith(10_000);
  });

  it.each<[string, RequestListener]>([
    ["hangs up", (request) => request.socket.destroy()],
    ["speaks no HTTP", (request) => request.socket.end("hello\r\n\r\n")],
    [
      "wants another protocol",
      (request) =>
        request.socket.write("HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
    ],
    [
      "floods with headers",
      (request) => request.socket.write(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(100_000)}\r\n\r\n`),
    ],
  ])("fails, and may try again, when the receiver %s", async (_, listener) => {
    const { url } = await receiver(listener);
    const attempted = await post(url);
    expect(attempted).toMatchObject({ ok: false, isFinal: false });
    expect(JSON.stringify(attempted).length).toBeLessThan(300);
  });

  it("fails, and may try again, when nobody listens", async () => {
    const { url, close } = await receiver(() => undefined);
    await close();
    expect(await post(url)).toMatchObject({
      ok: false,
      error: expect.stringContaining("ECONNREFUSED") as string,
      isFinal: false,
    });
  });

  it("refuses for good an address that the policy refuses", async () => {
    expect(await post("https://127.0.0.1/", { allow: "" })).toEqual({
      ok: false,
      error: "The address must not lead to 127.0.0.1, which is not public.",
      isFinal: true,
    });
  });
});

describe("a name", () => {
  it.each([
    ["127.0.0.1"],
    ["10.0.0.7"],
    ["169.254.169.254"],
    ["::1"],
    ["::ffff:10.0.0.1"],
    ["::"],
    ["0.0.0.0"],
    ["::ffff:7f00:1"],
    ["64:ff9b::a00:1"],
    ["2002:a00:1::"],
    ["fc00::1"],
    ["fe80::1"],
    ["fe80::1%eth0"],
    ["93.184.216.34", "192.168.0.1"],
    ["2606:4700:4700::1111", "93.184.216.34", "fd00::7"],
  ])("that leads to %s is refused for good, and nothing is sent", async (...addresses) => {
    const { url, seen } = await receiver((_, response) => response.writeHead(200).end());
    const attempted = await post(url.replace("127.0.0.1", "rebound.example"), {
      allow: "",
      lookup: leadsTo(addresses),
      isHttps: true,
    });
    expect(attempted).toEqual({
      ok: false,
      error: `rebound.example leads to ${addresses.at(-1)}, which is not public.`,
      isFinal: true,
    });
    expect(seen()).toBe(0);
  });

  it("is looked up once, and what was looked up is connected to", async () => {
    const { url, seen } = await receiver((_, response) => response.writeHead(200).end());
    const lookup = vi.fn(leadsTo(["127.0.0.1"]));
    const named = url.replace("127.0.0.1", "hooks.internal");
    expect(await post(named, { allow: "hooks.internal", lookup })).toEqual({ ok: true });
    expect(lookup).toHaveBeenCalledOnce();
    expect(seen()).toBe(1);
  });

  it("is connected to where it led when it was judged, wherever it leads a moment later", async () => {
    const { url, seen } = await receiver((_, response) => response.writeHead(200).end());
    const leads = [["127.0.0.1"], ["169.254.169.254"]];
    const lookup = vi.fn<Lookup>((...asked) => leadsTo(leads.shift() ?? [])(...asked));
    const named = url.replace("127.0.0.1", "rebound.example").replace("http:", "https:");
    // The receiver speaks no TLS: that it was reached is enough.
    await post(named, { allow: "127.0.0.0/8", lookup });
    expect({ seen: seen(), lookups: lookup.mock.calls.length }).toEqual({ seen: 1, lookups: 1 });
  });

  it.each(["localhost", "LOCALHOST", "localhost."])(
    "that this machine itself resolves to a private address is not sent to: %s",
    async (name) => {
      const { url, seen } = await receiver((_, response) => response.writeHead(200).end());
      const named = url.replace("127.0.0.1", name).replace("http:", "https:");
      expect(await post(named, { allow: "" })).toMatchObject({ ok: false });
      expect(seen()).toBe(0);
    },
  );

  it("that leads elsewhere the next time is judged anew", async () => {
    const { url, seen } = await receiver((_, response) => response.writeHead(200).end());
    const named = url.replace("127.0.0.1", "rebound.example").replace("http:", "https:");
    const leads = [["127.0.0.1"], ["169.254.169.254"]];
    const lookup: Lookup = (...asked) => leadsTo(leads.shift() ?? [])(...asked);
    const allow = "127.0.0.0/8";
    // The receiver speaks no TLS: that it was reached is enough.
    expect(await post(named, { allow, lookup })).toMatchObject({ ok: false, isFinal: false });
    expect(seen()).toBe(1);
    expect(await post(named, { allow, lookup })).toMatchObject({
      error: "rebound.example leads to 169.254.169.254, which is not public.",
      isFinal: true,
    });
    expect(seen()).toBe(1);
  });

  it("that leads nowhere may be tried again", async () => {
    const lookup = leadsTo([]);
    expect(await post("https://nowhere.example/", { lookup })).toMatchObject({
      ok: false,
      isFinal: false,
    });
  });

  it("that is not known may be tried again", async () => {
    const lookup: Lookup = (_, __, callback) => callback(new Error("getaddrinfo ENOTFOUND"), []);
    expect(await post("https://nowhere.example/", { lookup })).toEqual({
      ok: false,
      error: "getaddrinfo ENOTFOUND",
      isFinal: false,
    });
  });
});

// --- internal ---

const SECRETS = webhookSecrets(`whsec_${Buffer.alloc(24, 1).toString("base64")}`);

function post(
  url: string,
  options: { allow?: string; lookup?: Lookup; isHttps?: boolean } = {},
): ReturnType<typeof postWebhook> {
  const { allow = "127.0.0.1", lookup, isHttps } = options;
  const settings = { policy: addressPolicy(allow), secrets: SECRETS };
  const address = isHttps ? url.replace("http:", "https:") : url;
  return postWebhook(settings, { id: "job-1/1/e1/job/0", url: address, body: '{"ü":1}' }, lookup);
}

function leadsTo(addresses: readonly string[]): Lookup {
  return (_, __, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
}

async function receiver(listener: RequestListener) {
  let connections = 0;
  const server = createServer(listener);
  server.on("connection", () => (connections += 1));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen: () => connections,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

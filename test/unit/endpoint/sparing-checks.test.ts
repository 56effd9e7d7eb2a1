import { once } from "node:events";
import { connect, createServer, type ClientHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { sparingChecks, type Http2Handler } from "../../../services/endpoint/sparing-checks.ts";

const PATH = "/invoke/Greeter/greet";

const endings: (() => void)[] = [];
afterEach(() => endings.splice(0).forEach((end) => end()));

describe("sparingChecks", () => {
  it("checks a token once, however often its path is called within a second", async () => {
    const { call, clock } = await server();
    expect(await call(PATH, "good")).toBe("200 checked");
    clock.ms = 999;
    expect(await call(PATH, "good")).toBe("200 unchecked");
  });

  it("checks it again after that", async () => {
    const { call, clock } = await server();
    await call(PATH, "good");
    clock.ms = 1_000;
    expect(await call(PATH, "good")).toBe("200 checked");
    expect(await call(PATH, "good")).toBe("200 unchecked");
  });

  it("checks another token, or none, of the same path", async () => {
    const { call } = await server();
    await call(PATH, "good");
    expect(await call(PATH, "bad")).toBe("401 checked");
    expect(await call(PATH, undefined)).toBe("401 checked");
    expect(await call(PATH, "good too")).toBe("200 checked");
  });

  it("checks the same token for another path", async () => {
    const { call } = await server();
    await call(PATH, "good");
    expect(await call("/invoke/Greeter/other", "good")).toBe("200 checked");
  });

  it("remembers none that was refused", async () => {
    const { call } = await server();
    await call(PATH, "bad");
    expect(await call(PATH, "bad")).toBe("401 checked");
  });

  it("checks a token that comes without saying what it is", async () => {
    const { call } = await server();
    await call(PATH, "good");
    expect(await call(PATH, "good", "unsigned")).toBe("200 checked");
  });

  it.each([
    "/discover",
    "/health",
    "/invoke/../health",
    "/invoke/a\\b/health",
    `${PATH}?again`,
    `${PATH}/more`,
    `/elsewhere${PATH}`,
  ])("checks each call of %s", async (path) => {
    const { call } = await server();
    await call(path, "good");
    expect(await call(path, "good")).toBe("200 checked");
  });

  it("remembers none of a handler that answers later", async () => {
    const { call } = await server((answer) => setImmediate(answer));
    await call(PATH, "good");
    expect(await call(PATH, "good")).toBe("200 checked");
  });
});

// --- internal ---

/** Accepts tokens that begin with "good", and says which of the two handlers was asked. */
async function server(when: (answer: () => void) => void = (answer) => answer()) {
  const clock = { ms: 0, now: () => clock.ms };
  const answering =
    (name: string, accepts: (token: unknown) => boolean): Http2Handler =>
    ({ headers }, response) => {
      when(() => {
        response.writeHead(accepts(headers["x-restate-jwt-v1"]) ? 200 : 401);
        response.end(name);
      });
    };
  const isGood = (token: unknown) => typeof token === "string" && token.startsWith("good");
  const checked = answering("checked", isGood);
  const unchecked = answering("unchecked", () => true);
  const http2 = createServer(sparingChecks({ checked, unchecked }, clock));
  http2.listen(0, "127.0.0.1");
  await once(http2, "listening");
  const session = connect(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
  endings.push(() => {
    session.destroy();
    http2.close();
  });
  const call = (path: string, token?: string, scheme = "v1") =>
    answerOf(session, path, {
      "x-restate-signature-scheme": scheme,
      ...(token === undefined ? {} : { "x-restate-jwt-v1": token }),
    });
  return { clock, call };
}

async function answerOf(
  session: ClientHttp2Session,
  path: string,
  signature: Record<string, string>,
): Promise<string> {
  const stream = session.request({ ":path": path, ...signature });
  const [headers] = (await once(stream, "response")) as [{ ":status": number }];
  return `${headers[":status"]} ${(await stream.toArray()).join("")}`;
}

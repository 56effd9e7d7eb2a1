import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect, type ClientHttp2Session } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, it } from "vitest";
import { publicKeyOf } from "../../services/embedded/identity.ts";
import { startFanfold } from "../../services/embedded/fanfold.ts";
import { registerEndpoint } from "../../services/embedded/register.ts";
import { startRestate } from "../../services/embedded/server.ts";
import { serveEndpoint } from "../../services/endpoint.ts";
import { jobClient } from "../support/job-client.ts";
import { httpClient } from "../support/http.ts";
import { foreignKey, signatureHeaders } from "../support/signature.ts";

const dataDir = mkdtempSync(join(tmpdir(), "identity-test-"));
const fanfold = await startFanfold({ dataDir, samples: true });
const session: ClientHttp2Session = connect(fanfold.endpointUrl);
afterAll(async () => {
  session.destroy();
  await fanfold.stop();
  rmSync(dataDir, { recursive: true });
});

const keyFile = join(dataDir, "identity.pem");
const ownKey = readFileSync(keyFile, "utf8");
const DISCOVER = "/discover";
const INVOKE = "/invoke/Jobs/plan";

/** Calls the endpoint's port by raw HTTP/2, past the server. */
async function call(
  method: "GET" | "POST",
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const accept = "application/vnd.restate.endpointmanifest.v4+json";
  const stream = session.request({ ":method": method, ":path": path, accept, ...headers });
  stream.end();
  const [response] = (await once(stream, "response")) as [{ ":status": number }];
  return { status: response[":status"], body: await text(stream) };
}

describe("the identity of an embedded server", () => {
  it("is a key in its data folder that only its owner can read", () => {
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(publicKeyOf(ownKey)).toBe(fanfold.server.identityKey);
  });

  it("is the same after a restart, and another one for other data", async () => {
    const kept = mkdtempSync(join(tmpdir(), "identity-test-"));
    try {
      const keys: string[] = [];
      for (const folder of [kept, kept, undefined]) {
        const server = await startRestate(folder === undefined ? {} : { dataDir: folder });
        keys.push(server.identityKey);
        await server.stop();
      }
      expect(keys[1]).toBe(keys[0]);
      expect(keys[2]).not.toBe(keys[0]);
    } finally {
      rmSync(kept, { recursive: true });
    }
  });

  it("lets the server call", async () => {
    const job = jobClient(httpClient(fanfold.ingressUrl), "signed");
    const outcome = await job.run({ action: "probe", fanout: { tasks: 3 } });
    expect(outcome.status).toBe("SUCCEEDED");
  });
});

describe("the endpoint's port", () => {
  it("serves a call that its server has signed", async () => {
    expect(await call("GET", DISCOVER, signatureHeaders(ownKey, DISCOVER))).toMatchObject({
      status: 200,
      body: expect.stringContaining('"Runner"') as string,
    });
  });

  it.each<[string, (path: string) => Record<string, string>]>([
    ["nobody has signed", () => ({})],
    ["somebody else has signed", (path) => signatureHeaders(foreignKey(), path)],
    ["was signed for another path", () => signatureHeaders(ownKey, "/invoke/Jobs/run")],
    [
      "was signed ten minutes ago",
      (path) => signatureHeaders(ownKey, path, { at: Date.now() - 600_000 }),
    ],
    ["says that it needs no signature", () => ({ "x-restate-signature-scheme": "unsigned" })],
    [
      "has a signature that is none",
      () => ({ "x-restate-signature-scheme": "v1", "x-restate-jwt-v1": "a.b.c" }),
    ],
  ])("refuses a call that %s, also after one that was signed", async (_, headersOf) => {
    const invocation = { "content-type": "application/vnd.restate.invocation.v5" };
    const signed = { ...invocation, ...signatureHeaders(ownKey, INVOKE) };
    expect(await call("POST", INVOKE, signed)).toMatchObject({ status: 200 });
    expect(await call("POST", INVOKE, { ...invocation, ...headersOf(INVOKE) })).toEqual({
      status: 401,
      body: expect.not.stringContaining("Jobs") as string,
    });
    expect(await call("GET", DISCOVER, headersOf(DISCOVER))).toMatchObject({ status: 401 });
  });

  it("refuses them by HTTP/1.1 too", async () => {
    for (const path of [DISCOVER, INVOKE]) {
      const response = await fetch(`${fanfold.endpointUrl}${path}`, {
        method: path === INVOKE ? "POST" : "GET",
      });
      expect(response.status).toBe(401);
    }
  });

  it.each(["/health", "/metrics"])(
    "answers %s to whoever asks, in both protocols",
    async (path) => {
      expect(await call("GET", path)).toMatchObject({ status: 200 });
      const response = await fetch(`${fanfold.endpointUrl}${path}`);
      expect(response.status).toBe(200);
    },
  );

  it("counts what it runs", async () => {
    const job = jobClient(httpClient(fanfold.ingressUrl), "counted");
    await job.run({ action: "probe", payload: { failIndexes: [1] }, fanout: { tasks: 5 } });
    const { body } = await call("GET", "/metrics");
    expect(body).toContain('fanfold_tasks_total{action="probe",outcome="failed"} 1');
    expect(body).toMatch(/fanfold_attempt_seconds_total\{action="probe"\} \d/);
    expect(body).toMatch(/^nodejs_eventloop_lag_mean_seconds \d/m);
  });
});

describe("an endpoint that trusts another server", () => {
  it("cannot be registered, in one sentence", async () => {
    const trusted = publicKeyOf(foreignKey());
    const endpoint = await serveEndpoint({ services: [], identityKeys: [trusted] });
    await expect(registerEndpoint(fanfold.adminUrl, endpoint.url)).rejects.toThrow(
      "the endpoint trusts another server's identity key (401).",
    );
    await endpoint.close();
  });
});

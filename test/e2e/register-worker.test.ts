import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { createApp } from "../../services/app.ts";
import { claimPorts } from "../../services/embedded/ports.ts";
import { serveEndpoint } from "../../services/endpoint.ts";
import { echo } from "../support/actions.ts";
import { accepted, httpClient } from "../support/http.ts";
import { startTestServer } from "../support/test-server.ts";

const server = await startTestServer();
const app = createApp({ actions: [echo] });
afterAll(async () => {
  await server.stop();
  await app.close();
});

it("waits for a worker that is still starting, and ends when jobs can be submitted", async () => {
  const { endpoint: port } = await claimPorts({ endpoint: undefined });
  const ready = registerWorker(`http://127.0.0.1:${port}`);
  const identityKeys = [server.identityKey];
  const endpoint = await serveEndpoint({ services: app.services, port, identityKeys });
  onTestFinished(() => endpoint.close());

  expect((await ready).stdout).toBe(`Fanfold is ready: ingress ${server.ingressUrl}\n`);
  const request = { action: "echo", fanout: { tasks: 3 } };
  expect(await accepted(httpClient(server.ingressUrl).post("Jobs/run", request))).toMatchObject({
    taskCounts: { SUCCEEDED: 3 },
  });
});

it("asks for the worker's address", async () => {
  await expect(registerWorker()).rejects.toThrow("Usage: node services/register-worker.ts");
});

// --- internal ---

function registerWorker(...args: string[]): Promise<{ stdout: string }> {
  const entry = join(import.meta.dirname, "../../services/register-worker.ts");
  const { ingressUrl, adminUrl } = server;
  const env = {
    ...process.env,
    FANFOLD_ADMIN_URL: adminUrl,
    FANFOLD_INGRESS_URL: ingressUrl,
    FANFOLD_PUBLIC_URL: ingressUrl,
  };
  return promisify(execFile)(process.execPath, [entry, ...args], { env });
}

import { afterAll, vi } from "vitest";
import { createApp, type AppOptions } from "../../services/app.ts";
import { registerEndpoint } from "../../services/embedded/register.ts";
import { serveEndpoint } from "../../services/endpoint.ts";
import { adminClient } from "./admin.ts";
import { httpClient } from "./http.ts";
import { jobClient } from "./job-client.ts";
import { startTestServer } from "./test-server.ts";

/** Every suspension is replayed: slower, and a task may be run more often than its outcome says. */
export const isReplayed = process.env["FANFOLD_TEST_SUSPEND"] === "1";

/**
 * Fanfold with these actions and folds in this process, on a server of its own. Both end after the file's last
 * test, which fails if an invocation is then still at work.
 */
export async function startTestFanfold(
  options: AppOptions,
  serverEnv: Readonly<Record<string, string>> = {},
) {
  const server = await startTestServer(serverEnv);
  const { ingressUrl, adminUrl } = server;
  process.env["FANFOLD_PUBLIC_URL"] = ingressUrl;
  process.env["FANFOLD_INGRESS_URL"] = ingressUrl;
  const app = createApp(options);
  const endpoint = await serveEndpoint({
    services: app.services,
    identityKeys: [server.identityKey],
  });
  const admin = adminClient(adminUrl);
  afterAll(async () => {
    try {
      await nothingIsAtWork(admin);
    } finally {
      await server.stop();
      await app.close();
      await endpoint.close();
    }
  });
  await registerEndpoint(adminUrl, endpoint.url);

  const http = httpClient(ingressUrl);
  let jobs = 0;
  const newJobId = () => `job-${++jobs}`;
  return {
    ...http,
    ingressUrl,
    adminUrl,
    admin,
    newJobId,
    /** A job of its own, unless an id is given. */
    job: (id = newJobId()) => jobClient(http, id),
  };
}

export type TestFanfold = Awaited<ReturnType<typeof startTestFanfold>>;

// --- internal ---

async function nothingIsAtWork(admin: ReturnType<typeof adminClient>): Promise<void> {
  await vi.waitFor(
    async () => {
      const left = await admin.invocations();
      if (left.length > 0)
        throw new Error(
          `left at work: ${JSON.stringify(left.slice(0, 5))} and ${left.length} in all`,
        );
    },
    { timeout: 30_000, interval: 250 },
  );
}

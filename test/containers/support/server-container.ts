import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityKey } from "../../../services/embedded/identity.ts";
import { answers, becomesTrue } from "../../../services/embedded/poll.ts";
import { claimPorts } from "../../../services/embedded/ports.ts";
import { serverConfig } from "../../../services/embedded/server-binary.ts";
import { serverEnvironment } from "../../../services/embedded/server-environment.ts";
import type { TestServer } from "../../support/test-server.ts";
import { docker, LABEL } from "./docker.ts";
import { image } from "./images.ts";

/**
 * A server as it is embedded, but from its image. It shares the machine's network, so that it finds the endpoints
 * that tests serve on loopback.
 */
export async function startServerContainer(
  overrides: Readonly<Record<string, string>>,
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "server-container-"));
  const keyFile = join(folder, "identity.pem");
  const key = identityKey(keyFile);
  const ports = await claimPorts({ ingress: undefined, admin: undefined, node: undefined });
  const environment = {
    ...serverEnvironment(process.env, ports, overrides),
    RESTATE_CONFIG: "/restate.toml",
    RESTATE_BASE_DIR: "/restate-data",
    RESTATE_WORKER__INVOKER__REQUEST_IDENTITY_PRIVATE_KEY_PEM_FILE: "/identity.pem",
  };
  const settings = Object.entries(environment).filter(([name]) => name.startsWith("RESTATE_"));
  const container = await docker(
    "run",
    "--detach",
    `--label=${LABEL}`,
    "--network=host",
    "--tmpfs=/restate-data",
    "--tmpfs=/tmp",
    `--volume=${serverConfig()}:/restate.toml:ro`,
    `--volume=${keyFile}:/identity.pem:ro`,
    ...settings.map(([name, value]) => `--env=${name}=${value}`),
    image("RESTATE_IMAGE"),
  );
  const stop = async () => {
    await docker("rm", "--force", "--volumes", container);
    rmSync(folder, { recursive: true });
  };

  const ingressUrl = `http://127.0.0.1:${ports.ingress}`;
  const adminUrl = `http://127.0.0.1:${ports.admin}`;
  const isReady = await becomesTrue(
    async () => (await answers(`${adminUrl}/health`)) && answers(`${ingressUrl}/restate/health`),
    { withinMs: 60_000 },
  );
  if (isReady) return { ingressUrl, adminUrl, identityKey: key, stop };
  const logs = await docker("logs", container);
  await stop();
  throw new Error(`The server's container did not answer.\n${logs}`);
}

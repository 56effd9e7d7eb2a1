import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GenericContainer, Network, Wait, type StartedNetwork } from "testcontainers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type Client } from "../../clients/client/index.ts";
import { identityKey } from "../../services/embedded/identity.ts";
import { registerEndpoint } from "../../services/embedded/register.ts";
import { serverConfig } from "../../services/embedded/server-binary.ts";
import { refused, httpClient } from "../support/http.ts";
import { LABEL } from "./support/docker.ts";
import { image } from "./support/images.ts";
import { expectWhole } from "./support/whole.ts";

const folder = mkdtempSync(join(tmpdir(), "containers-"));
const keyFile = join(folder, "identity.pem");
const FANFOLD_IDENTITY_KEYS = identityKey(keyFile);
/** What is to be undone, the last first. */
const undo: (() => Promise<unknown>)[] = [];

let url: string;
let client: Client;

beforeAll(async () => {
  const network = await new Network().start();
  undo.push(() => network.stop());
  const server = await restate(network).start();
  undo.push(() => server.stop());
  const port = (inside: number) => `http://127.0.0.1:${server.getMappedPort(inside)}`;
  url = port(8080);

  const workers = await Promise.all([engine(network).start(), crm(network).start()]);
  for (const started of workers) undo.push(() => started.stop());
  for (const name of ["engine", "crm"]) {
    await registerEndpoint(port(9070), `http://${name}:9080`);
  }
  client = connect({ ingressUrl: url });
});
afterAll(async () => {
  for (const step of undo.reverse()) await step();
  rmSync(folder, { recursive: true });
});

describe("a worker and somebody else's service in containers of their own", () => {
  it("work at one stage: the tasks of a job are calls from the one to the other", async () => {
    const items = Array.from({ length: 500 }, (_, item) => item);
    const job = await client.submit({ action: "Crm/note", fanout: { foreach: { items } } });
    const [outcomes] = await expectWhole(job, [500]);
    expect(outcomes?.at(-1)?.result).toEqual({ noted: 499, taskId: `${job.id}/0/499` });
  });

  it("take turns: what the one answers is what the other is given", async () => {
    const job = await client.submit({
      actionChain: ["probe", "Crm/emit", "probe"],
      fanout: { tasks: 100 },
    });
    await expectWhole(job, [100, 100, 200]);
  });

  it("keep to themselves what is not public", async () => {
    const request = { action: "Crm/secret", fanout: { tasks: 1 } };
    expect(await refused(httpClient(url).post("Jobs/submit", request))).toMatchObject({
      status: 422,
      code: "UNKNOWN_ACTION",
    });
  });
});

// --- internal ---

const REPOSITORY = join(import.meta.dirname, "../..");

function restate(network: StartedNetwork): GenericContainer {
  return new GenericContainer(image("RESTATE_IMAGE"))
    .withLabels({ [LABEL]: "" })
    .withNetwork(network)
    .withNetworkAliases("restate")
    .withExposedPorts(8080, 9070)
    .withTmpFs({ "/restate-data": "rw" })
    .withBindMounts([
      { source: serverConfig(), target: "/restate.toml", mode: "ro" },
      { source: keyFile, target: "/identity.pem", mode: "ro" },
    ])
    .withEnvironment({
      RESTATE_CONFIG: "/restate.toml",
      RESTATE_BASE_DIR: "/restate-data",
      RESTATE_BIND_IP: "0.0.0.0",
      RESTATE_DEFAULT_NUM_PARTITIONS: "4",
      RESTATE_WORKER__INVOKER__REQUEST_IDENTITY_PRIVATE_KEY_PEM_FILE: "/identity.pem",
    })
    .withWaitStrategy(
      Wait.forAll([Wait.forHttp("/restate/health", 8080), Wait.forHttp("/health", 9070)]),
    );
}

function engine(network: StartedNetwork): GenericContainer {
  return worker(network, "engine").withEnvironment({ FANFOLD_SAMPLES: "1" });
}

/** It knows nothing of Fanfold but the task that it is given. */
function crm(network: StartedNetwork): GenericContainer {
  const support = join(REPOSITORY, "test/support");
  return worker(network, "crm")
    .withBindMounts([{ source: support, target: "/app/test/support", mode: "ro" }])
    .withCommand(["node", "test/support/remote-worker.ts"])
    .withEnvironment({ FANFOLD_ENDPOINT_PORT: "9080" });
}

function worker(network: StartedNetwork, name: string): GenericContainer {
  return new GenericContainer(image("FANFOLD_IMAGE"))
    .withLabels({ [LABEL]: "" })
    .withNetwork(network)
    .withNetworkAliases(name)
    .withEnvironment({ FANFOLD_IDENTITY_KEYS, FANFOLD_INGRESS_URL: "http://restate:8080" })
    .withWaitStrategy(Wait.forHealthCheck());
}

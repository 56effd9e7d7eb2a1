import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type Client } from "../../clients/client/index.ts";
import { claimPorts } from "../../services/embedded/ports.ts";
import { campaignRequest } from "../../services/samples/campaign/local.ts";
import { eventually } from "../support/eventually.ts";
import { startCompose, type Compose } from "./support/compose.ts";
import { docker } from "./support/docker.ts";
import { image } from "./support/images.ts";
import { inTheMiddle, twoStages } from "./support/two-stages.ts";
import { expectOneFanIn, expectWhole } from "./support/whole.ts";

let stack: Compose;
let client: Client;
let port: number;

beforeAll(async () => {
  ({ ingress: port } = await claimPorts({ ingress: undefined }));
  const ingressUrl = `http://127.0.0.1:${port}`;
  stack = await startCompose("single", {
    FANFOLD_INGRESS_PORT: String(port),
    FANFOLD_PUBLIC_URL: ingressUrl,
  });
  client = connect({ ingressUrl });
});
afterAll(() => stack?.down());

describe("what docker-compose up starts", () => {
  it("publishes the ingress on loopback, and nothing else", async () => {
    const ids = (await stack.compose(["ps", "--all", "--quiet"])).split("\n");
    const bindings = await docker(
      "inspect",
      "--format",
      "{{range $port, $to := .NetworkSettings.Ports}}{{range $to}}{{.HostIp}}:{{.HostPort}} {{$port}}{{end}}{{end}}",
      ...ids,
    );
    expect(bindings.split("\n").filter(Boolean)).toEqual([`127.0.0.1:${port} 8080/tcp`]);
  });

  it("runs workers as nobody in particular, in a file system that cannot be written", async () => {
    const inWorker = (script: string) => stack.exec("services", "sh", "-c", script);
    expect(await inWorker("id -u; touch /app/x 2>&1 || true")).toMatch(/^1000\n.*Read-only/);
    await expect(inWorker("cat /server-key/identity.pem")).rejects.toThrow("No such file");
  });

  it("serves no call that the server has not signed", async () => {
    const call = "fetch('http://services:9080/discover').then(({ status }) => console.log(status))";
    expect(await stack.exec("mail", "node", "-e", call)).toBe("401");
  });

  it("runs the campaign for whoever asks from outside", async () => {
    const size = { pages: 10, perPage: 200 };
    const onComplete = [{ action: "told" }];
    const job = await client.submit({ jobId: "campaign", ...campaignRequest(size), onComplete });
    await expectWhole(job, [10, 2_000]);
    await expectOneFanIn(job, 0, stack.told);
    const counts = "fetch('http://127.0.0.1:8025').then(async (r) => console.log(await r.text()))";
    expect(JSON.parse(await stack.exec("mail", "node", "-e", counts))).toEqual({
      mails: 2_000,
      recipients: 2_000,
    });
  });
});

describe("a job of two stages goes on, and fans in once", () => {
  const size = { first: 1_000, each: 19, concurrency: 200 };

  it("when the worker's container is killed, removed and replaced", async () => {
    const job = await client.submit({ jobId: "killed-worker", ...twoStages(size) });
    await inTheMiddle(job, 2_000);
    await stack.kill("services");
    await stack.compose(["rm", "--force", "services"]);
    await stack.compose(["up", "--detach", "--no-build", "services"]);
    await expectWhole(job, [1_000, 19_000]);
    await expectOneFanIn(job, 2, stack.told);
  });

  it("when the server's container is stopped, removed and started again with its volume", async () => {
    const job = await client.submit({ jobId: "stopped-server", ...twoStages(size) });
    await inTheMiddle(job, 2_000);
    await stack.compose(["stop", "restate"]);
    await stack.compose(["rm", "--force", "restate"]);
    await stack.compose(["up", "--detach", "--no-build", "restate"]);
    await expectWhole(job, [1_000, 19_000]);
    await expectOneFanIn(job, 2, stack.told);
  });

  it("when a new image is rolled out", async () => {
    const next = {
      FANFOLD_IMAGE: image("FANFOLD_NEXT_IMAGE"),
      FANFOLD_ACTIONS: "own/actions.ts",
    };
    const job = await client.submit({
      jobId: "rolled-out",
      ...twoStages({ first: 1_000, each: 30, concurrency: 50 }),
    });
    await inTheMiddle(job, 2_000);
    // Beside the old one, then in its place.
    await stack.compose(["run", "--detach", "--no-deps", "--name", NEXT, "services"], next);
    try {
      await stack.compose(["run", "--rm", "--no-deps", "register", `http://${NEXT}:9080`]);
      await nothingRunsOn("http://services:9080/");
      await stack.compose(["up", "--detach", "--no-build", "--no-deps", "services"], next);
      await stack.compose(["run", "--rm", "--no-deps", "register"]);
      await nothingRunsOn(`http://${NEXT}:9080/`);
    } finally {
      await docker("rm", "--force", NEXT);
    }
    const [, visits = []] = await expectWhole(job, [1_000, 30_000]);
    const versions = visits.map(({ result }) => (result as { version: string }).version);
    expect(new Set(versions)).toEqual(new Set(["first", "next"]));
    await expectOneFanIn(job, 2, stack.told);
  });
});

// --- internal ---

const NEXT = "fanfold-test-next";

/** Resolves when no invocation has to go on where it began, at this worker. */
async function nothingRunsOn(workerUrl: string): Promise<void> {
  const query = `select count(1) as n from sys_invocation i join sys_deployment d on i.pinned_deployment_id = d.id
    where i.status <> 'completed' and d.endpoint = '${workerUrl}'`;
  const ask = ["-H", "accept: application/json", "--json", JSON.stringify({ query })];
  await eventually(async () => {
    const answer = await stack.exec("restate", "curl", "-s", "localhost:9070/query", ...ask);
    expect(JSON.parse(answer)).toEqual({ rows: [{ n: 0 }] });
  });
}

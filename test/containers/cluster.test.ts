import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../clients/client/index.ts";
import { answers, becomesTrue } from "../../services/embedded/poll.ts";
import { claimPorts } from "../../services/embedded/ports.ts";
import { gather } from "../support/gather.ts";
import { startCompose, type Compose } from "./support/compose.ts";
import { docker } from "./support/docker.ts";
import { inTheMiddle, twoStages } from "./support/two-stages.ts";
import { expectOneFanIn, expectWhole } from "./support/whole.ts";

let cluster: Compose;
/** The ingress of each node. */
let urls: readonly string[];

beforeAll(async () => {
  // Three of one process; their names do not matter.
  const ports = await claimPorts({ ingress: undefined, admin: undefined, node: undefined });
  urls = Object.values(ports).map((port) => `http://127.0.0.1:${port}`);
  cluster = await startCompose("cluster", {
    FANFOLD_INGRESS_PORT: String(ports.ingress),
    FANFOLD_INGRESS_PORT_2: String(ports.admin),
    FANFOLD_INGRESS_PORT_3: String(ports.node),
    S3_INTERVAL_RECORDS: "100",
  });
});
afterAll(() => cluster?.down());

it.each([0, 1, 2])(
  "a job goes on, and fans in once, when node %i of three is killed",
  async (at) => {
    const [node, url] = [`restate-${at + 1}`, urls[at]!];
    // Its clients begin with the address that will be gone.
    const client = connect({ ingressUrls: [...urls.slice(at), ...urls.slice(0, at)] });
    const job = await client.submit({
      jobId: node,
      ...twoStages({ first: 2_500, each: 19, concurrency: 200 }),
    });
    await inTheMiddle(job, 5_000);
    await cluster.kill(node);
    try {
      await expectWhole(job, [2_500, 47_500]);
      await expectOneFanIn(job, 2, cluster.told);
    } finally {
      await docker("start", await cluster.containerOf(node));
    }
    expect(await becomesTrue(() => answers(`${url}/restate/health`), PATIENCE)).toBe(true);
    const again = connect({ ingressUrl: url }).job(node);
    expect(await again.status()).toMatchObject({ status: "SUCCEEDED" });
  },
);

it("both workers behind the one name have run tasks", async () => {
  const job = connect({ ingressUrls: urls }).job("restate-1");
  const workers = (await gather(job.timeline({ stage: 1 }))).map(({ worker }) => worker);
  expect(new Set(workers).size).toBe(2);
});

it("stores snapshots of its partitions", async () => {
  const areStored = async () =>
    (await docker("logs", await cluster.containerOf("snapshots"))).includes(SNAPSHOT);
  expect(await becomesTrue(areStored, { withinMs: 120_000, everyMs: 500 })).toBe(true);
});

// --- internal ---

const PATIENCE = { withinMs: 60_000, everyMs: 100 };
const SNAPSHOT = "stored fanfold/snapshots/";

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { answers, becomesTrue } from "../../services/embedded/poll.ts";
import { registerEndpoint } from "../../services/embedded/register.ts";
import { startRestate } from "../../services/embedded/server.ts";
import { startWorker } from "../../services/embedded/worker.ts";
import { startBalancer } from "./support/balancer.ts";
import { Jobs } from "./support/jobs.ts";
import { RUN_LOG, runsOf } from "./support/run-log.ts";

const folder = mkdtempSync(join(tmpdir(), "two-workers-"));
const runLog = join(folder, "runs");
const server = await startRestate();
const start = () =>
  startWorker({
    entry: join(import.meta.dirname, "support", "worker.ts"),
    env: {
      [RUN_LOG]: runLog,
      FANFOLD_INGRESS_URL: server.ingressUrl,
      FANFOLD_IDENTITY_KEYS: server.identityKey,
    },
  });
const leaving = await start();
const staying = await start();
const balancer = await startBalancer([leaving, staying]);
await registerEndpoint(server.adminUrl, balancer.url);
const jobs = new Jobs(server);

afterAll(async () => {
  await leaving.stop();
  await staying.stop();
  await balancer.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

it("of two workers behind one name, one that ends brings home what it runs and leaves the rest to the other", async () => {
  const pidsOf = (job: string) => [...new Set(runsOf(runLog, job).map(({ pid }) => pid))];
  await jobs.submit("long", { action: "wait", payload: { sleepMs: 7_000 }, fanout: { tasks: 1 } });
  const hasBegun = await becomesTrue(() => pidsOf("long").length > 0, { withinMs: 10_000 });
  expect(hasBegun).toBe(true);
  const [first, second] = [leaving.pid(), staying.pid()];
  expect(pidsOf("long")).toEqual([first]);

  const left = leaving.stop();
  const isWell = () => answers(`${leaving.url}/health`);
  expect(await becomesTrue(async () => !(await isWell()), { withinMs: 2_000 })).toBe(true);
  await jobs.submit("short", { action: "wait", fanout: { tasks: 200 } });
  const short = await jobs.outcome("short", 60_000);
  expect(short.status).toBe("SUCCEEDED");
  expect(pidsOf("short")).toEqual([second]);
  expect(runsOf(runLog, "short")).toHaveLength(200);

  const long = await jobs.outcome("long", 60_000);
  expect(long.status).toBe("SUCCEEDED");
  expect(runsOf(runLog, "long")).toHaveLength(1);
  await left;
});

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { JobStatus } from "../../services/contract/job-status.ts";
import { startChaos, type Chaos } from "./support/environment.ts";

const folder = mkdtempSync(join(tmpdir(), "restore-"));
const [data, backup] = [join(folder, "data"), join(folder, "backup")];

let chaos: Chaos | undefined;
afterEach(async () => {
  await chaos?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("a copy of the data of a stopped server goes on elsewhere from where it was taken", async () => {
  const before = await startChaos({ dataDir: data });
  const endpointPort = before.fanfold.worker.port;
  await before.jobs.submit("nightly", {
    action: "wait",
    payload: { sleepMs: 50 },
    fanout: { tasks: 2_000 },
    limits: { concurrency: 25 },
    nextActions: ["echo"],
  });
  await before.jobs.succeeded("nightly", 300);
  await before.stop();
  cpSync(data, backup, { recursive: true });
  rmSync(data, { recursive: true });

  // Another folder and other ports of the server; its workers are where its data says.
  chaos = await startChaos({ dataDir: backup, endpointPort });
  const { stages } = await chaos.jobs.call<JobStatus>("Job/nightly/status");
  expect(stages[0]?.counts.succeeded).toBeGreaterThanOrEqual(300);
  const outcome = await chaos.jobs.outcome("nightly", 60_000);
  await chaos.jobs.expectWhole(outcome, [2_000, 2_000]);
  expect(outcome.status).toBe("SUCCEEDED");
});

import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { startFanfold } from "../../services/embedded/fanfold.ts";
import { httpClient } from "../support/http.ts";
import { jobClient } from "../support/job-client.ts";

const entry = join(import.meta.dirname, "..", "support", "crashing-worker.ts");
const fanfold = await startFanfold({ entry });
afterAll(() => fanfold.stop());
const http = httpClient(fanfold.ingressUrl);

it("errors that nobody catches end their task as TASK_CRASHED and leave the others alone", async () => {
  const one = jobClient(http, "crashing");
  const kinds = ["none", "rejection", "timer", "late"];
  const items = Array.from({ length: 40 }, (_, n) => kinds[n % 4]);
  const outcome = await one.run({
    action: "crashing",
    fanout: { foreach: { items } },
    retry: { maxAttempts: 2, initialInterval: "1ms" },
  });
  expect(outcome).toMatchObject({ taskCounts: { total: 40, SUCCEEDED: 20, FAILED: 20 } });
  for (const { index, status, error, attempts, result } of await one.allResults()) {
    const isCrash = index % 4 === 1 || index % 4 === 2;
    expect({ index, status, attempts }).toEqual({
      index,
      status: isCrash ? "FAILED" : "SUCCEEDED",
      attempts: isCrash ? 2 : 1,
    });
    if (isCrash) {
      expect(error).toMatchObject({ code: "TASK_CRASHED" });
      expect(error?.message).toContain(index % 4 === 1 ? "detached" : "in a timer");
    } else {
      expect(result).toBe(index);
    }
  }
  expect(await one.verify()).toMatchObject({ ok: true, checked: 40 });
  expect(fanfold.worker.restarts()).toBe(0);
});

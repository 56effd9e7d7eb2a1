import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { startFanfold } from "../../services/embedded/fanfold.ts";
import { httpClient, refused } from "../support/http.ts";
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

it("an error that a durable action leaves behind ends its attempt, not the process", async () => {
  const one = jobClient(http, "durable");
  const items = ["none", "rejection", "none", "rejection"];
  const retry = { maxAttempts: 2, initialInterval: "1ms" } as const;
  await one.run({ action: "durable", fanout: { foreach: { items } }, retry });
  expect((await one.allResults()).map(({ error, attempts }) => [error?.code, attempts])).toEqual([
    [undefined, 1],
    ["TASK_CRASHED", 2],
    [undefined, 1],
    ["TASK_CRASHED", 2],
  ]);
  expect(fanfold.worker.restarts()).toBe(0);
});

it("an error that a called action leaves behind ends its call, not the process", async () => {
  expect(await refused(http.post("crashing/run", { item: "rejection" }))).toMatchObject({
    status: 500,
    code: "TASK_CRASHED",
  });
  expect(fanfold.worker.restarts()).toBe(0);
});

it("an error that a fold's code left behind ends the fold, not the process", async () => {
  const outcome = await jobClient(http, "rejecting").run(folded("rejecting"));
  expect(outcome).toMatchObject({
    status: "FAILED",
    reason: 'the fold "rejecting" failed: TASK_CRASHED: An error nobody caught: detached',
    stages: [{ error: { code: "FOLD_FAILED" }, taskCounts: { SUCCEEDED: 20 } }],
  });
  expect(fanfold.worker.restarts()).toBe(0);
});

it("a fold that ends its process is found out, and takes nobody with it", async () => {
  const deadly = jobClient(http, "deadly");
  const innocent = jobClient(http, "innocent");
  await deadly.submit(folded("deadly"));
  await innocent.submit({ ...folded("count"), fanout: { foreach: { items: none(5_000) } } });
  // Seven deaths of the process, and the pauses between them.
  const outcome = await vi.waitFor(() => deadly.outcome(), { timeout: 100_000 });
  expect(outcome).toMatchObject({
    status: "FAILED",
    reason: `the fold "deadly" failed: TASK_CRASHED: The worker process died of it again and again.`,
    stages: [{ error: { code: "FOLD_FAILED" }, taskCounts: { SUCCEEDED: 20 }, result: null }],
  });
  expect(await innocent.outcome()).toMatchObject({ status: "SUCCEEDED", result: 5_000 });
}, 120_000);

it("a call that ends its process again and again is TASK_CRASHED", async () => {
  const headers = { "idempotency-key": "deadly" };
  const call = () => refused(http.post("deadly_task/run", {}, { headers }));
  const answer = await vi.waitFor(call, { timeout: 100_000 });
  expect(answer).toMatchObject({ status: 500, code: "TASK_CRASHED" });
}, 120_000);

// --- internal ---

const none = (tasks: number) => Array.from({ length: tasks }, () => "none");

function folded(action: string) {
  return { action: "crashing", fanout: { foreach: { items: none(20) } }, fold: { action } };
}

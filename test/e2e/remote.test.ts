import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { registerEndpoint } from "../../services/embedded/register.ts";
import { startWorker } from "../../services/embedded/worker.ts";
import { OWN_SERVICES } from "../../services/wire/names.ts";
import { echo } from "../support/actions.ts";
import { refused } from "../support/http.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const entry = join(import.meta.dirname, "..", "support", "remote-worker.ts");
const remote = await startWorker({ entry });
afterAll(() => remote.stop());
const { job, post, get, admin, adminUrl } = await startTestFanfold({ actions: [echo] });
beforeAll(() => registerEndpoint(adminUrl, remote.url));

const retry = { maxAttempts: 3, initialInterval: "100ms", jitter: false } as const;
const soon = { timeout: 15_000, interval: 100 };

describe("a remote action", () => {
  it("is called once with each task, in another process", async () => {
    const one = job();
    const items = Array.from({ length: 300 }, (_, n) => n);
    const outcome = await one.run({ action: "Crm/note", fanout: { foreach: { items } } });
    expect(outcome).toMatchObject({ status: "SUCCEEDED", stages: [{ action: "Crm/note" }] });
    expect((await one.allResults()).map(({ result }) => result)).toEqual(
      items.map((n) => ({ noted: n, taskId: `${one.id}/0/${n}` })),
    );
    expect(await one.verify()).toMatchObject({ ok: true, checked: 300 });
  });

  it("may answer in any JSON, with line breaks too", async () => {
    const one = job();
    await one.run({ action: "Crm/pretty", fanout: { tasks: 3 } });
    expect((await one.allResults()).map(({ result }) => result)).toEqual(
      [0, 1, 2].map((Index) => ({ Index, Ratio: 1.5 })),
    );
  });

  it("feeds and is fed, plainly and by emission", async () => {
    const one = job();
    await one.run({ action: "echo", fanout: { tasks: 4 }, nextActions: ["Crm/emit", "echo"] });
    const results = await one.allResults();
    expect(results.map(({ result }) => result)).toHaveLength(8);
    expect(new Set(results.map(({ result }) => (result as { item: string }).item))).toEqual(
      new Set([0, 1, 2, 3].flatMap((n) => [`${n}a`, `${n}b`])),
    );
  });

  it.each([
    ["final", { code: "CRM_SAYS_NO", message: "no" }, 1],
    ["plain", { code: "TASK_FAILED", message: "no" }, 1],
    ["again", { code: "CRM_SAYS_NO" }, 3],
  ])("that fails %s is tried again only if it says so", async (how, error, attempts) => {
    const one = job();
    await one.run({ action: "Crm/fail", payload: { how }, fanout: { tasks: 2 }, retry });
    for (const outcome of await one.allResults()) {
      expect(outcome).toMatchObject({ status: "FAILED", error, attempts });
    }
  });

  it("that fails at first succeeds in the end", async () => {
    const one = job();
    const payload = { how: "again", attempts: 2 };
    await one.run({ action: "Crm/fail", payload, fanout: { tasks: 5 }, retry });
    expect((await one.allResults()).map(({ result, attempts }) => [result, attempts])).toEqual(
      Array(5).fill([3, 3]),
    );
  });

  it.each([
    ["text", "UNSERIALISABLE"],
    ["large", "RESULT_TOO_LARGE"],
  ])("that answers %s fails as %s", async (how, code) => {
    const one = job();
    await one.run({ action: "Crm/odd", payload: { how }, fanout: { tasks: 1 }, retry });
    expect(await one.allResults()).toMatchObject([
      { status: "FAILED", error: { code }, attempts: 1 },
    ]);
  });

  it("may answer nothing", async () => {
    const one = job();
    await one.run({ action: "Crm/odd", payload: { how: "nothing" }, fanout: { tasks: 1 } });
    expect(await one.allResults()).toMatchObject([{ status: "SUCCEEDED", result: null }]);
  });

  it("is cancelled with its job", async () => {
    const one = job();
    const atWork = async () => {
      const rows = await admin.query(
        `select id from sys_invocation where target = 'Crm/long' and status <> 'completed'`,
      );
      return rows.length;
    };
    await one.submit({ action: "Crm/long", fanout: { tasks: 10 } });
    await vi.waitFor(async () => expect(await atWork()).toBe(10), soon);
    await one.cancel();
    expect(await one.outcome()).toMatchObject({ taskCounts: { total: 10, CANCELLED: 10 } });
    await vi.waitFor(async () => expect(await atWork()).toBe(0), soon);
  });

  it("may be told of a job's end", async () => {
    const one = job();
    await one.run({ action: "echo", fanout: { tasks: 1 }, onComplete: [{ action: "Crm/note" }] });
    const delivered = async () =>
      expect((await one.status()).notifications).toMatchObject([{ status: "DELIVERED" }]);
    await vi.waitFor(delivered, soon);
  });
});

describe("what is no action", () => {
  const refusals: [string, string][] = [
    ["Nobody/run", "UNKNOWN_ACTION"],
    ["Crm/forget", "UNKNOWN_ACTION"],
    ["Crm/secret", "UNKNOWN_ACTION"],
    ["Hidden/run", "UNKNOWN_ACTION"],
    ["Cart/add", "ACTION_NEEDS_KEY"],
    ["Cart/secret", "UNKNOWN_ACTION"],
    ["Order/run", "ACTION_NEEDS_KEY"],
    ["restate/health", "UNKNOWN_ACTION"],
    ["openapi/x", "UNKNOWN_ACTION"],
  ];

  it.each(refusals)("%s is refused as %s, wherever it stands", async (action, code) => {
    const one = job();
    const requests = [
      { action, fanout: { tasks: 1 } },
      { action: "echo", nextActions: [{ action }], fanout: { tasks: 1 } },
      { action: "echo", fanout: { tasks: 1 }, onComplete: [{ action }] },
    ];
    for (const request of requests) {
      for (const path of [one.path("submit"), "Jobs/submit", "Jobs/plan"]) {
        expect(await refused(post(path, request))).toMatchObject({ status: 422, code });
      }
    }
    expect(await refused(get(one.path("status")))).toMatchObject({ code: "JOB_NOT_FOUND" });
  });

  it("is every handler of the engine itself", async () => {
    const tried: string[] = [];
    for (const { name, handlers } of await admin.services()) {
      if (!OWN_SERVICES.some((own) => own === name)) continue;
      for (const handler of handlers) {
        const action = `${name}/${handler.name}`;
        const answer = await refused(post("Jobs/submit", { action, fanout: { tasks: 1 } }));
        expect({ action, ...answer }).toMatchObject({
          action,
          status: 422,
          code: "UNKNOWN_ACTION",
        });
        tried.push(action);
      }
    }
    expect(tried.length).toBeGreaterThan(40);
  });
});

describe("a handler that is taken away", () => {
  it("fails what is left of the job, and what starts later, by the retry policy", async () => {
    const one = job();
    const submitted = {
      action: "Crm/slow",
      payload: { ms: 300 },
      fanout: { tasks: 40 },
      limits: { concurrency: 2 },
      // Of a call whose deployment is taken away too, nobody hears any more.
      timeout: "5s",
      cancelGrace: "1s",
      retry,
    };
    await one.submit(submitted);
    const begun = async () =>
      expect((await one.status()).stages[0]?.counts.succeeded).toBeGreaterThan(1);
    await vi.waitFor(begun, soon);
    await remove(remote.url);
    const outcome = await one.outcome();
    expect(outcome.status).toBe("FAILED");
    const failed = (await one.allResults()).filter(({ status }) => status === "FAILED");
    expect(failed.length).toBeGreaterThan(10);
    for (const { error, attempts } of failed) {
      expect([error?.code, attempts]).toEqual(["ACTION_UNAVAILABLE", 3]);
    }
    expect(await one.verify()).toMatchObject({ ok: true, checked: 40 });

    expect(await refused(post("Jobs/submit", submitted))).toMatchObject({ code: "UNKNOWN_ACTION" });
    await registerEndpoint(adminUrl, remote.url);
    await one.redrive({ only: "failed" });
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
    await killLeft("Crm/slow");
  });
});

// --- internal ---

/** Takes an endpoint's services away from the server. */
async function remove(endpointUrl: string): Promise<void> {
  const listed = await fetch(`${adminUrl}/deployments`);
  const { deployments } = (await listed.json()) as { deployments: { id: string; uri: string }[] };
  for (const { id, uri } of deployments) {
    if (!uri.startsWith(endpointUrl)) continue;
    const answer = await fetch(`${adminUrl}/deployments/${id}?force=true`, { method: "DELETE" });
    expect(answer.status).toBe(202);
  }
}

/** What was under way in a deployment that is gone is tried for ever. */
async function killLeft(target: string): Promise<void> {
  const left = await admin.query(
    `select id from sys_invocation where target = '${target}' and status <> 'completed'`,
  );
  for (const { id } of left) {
    await fetch(`${adminUrl}/invocations/${String(id)}/kill`, { method: "PATCH" });
  }
}

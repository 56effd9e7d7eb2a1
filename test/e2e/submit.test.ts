import { describe, expect, it } from "vitest";
import { JobOutcome, PlanAnswer, type JobRequest } from "../../services/contract/index.ts";
import { echo, gated } from "../support/actions.ts";
import { accepted, refused } from "../support/http.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const gate = gated();
const fanfold = await startTestFanfold({ actions: [echo, gate] });
const { get, post, job, newJobId, ingressUrl } = fanfold;

const three: JobRequest = { action: "echo", fanout: { tasks: 3 } };

describe("Job.submit", () => {
  it("answers where the job is reached, and the addresses work", async () => {
    const one = job("a.b_c:d-1");
    const handle = await one.submit(three);
    const uri = `${ingressUrl}/Job/a.b_c%3Ad-1`;
    expect(handle).toEqual({
      jobId: "a.b_c:d-1",
      uri,
      statusUri: `${uri}/status`,
      outcomeUri: `${uri}/outcome`,
      resultsUri: `${uri}/results`,
      eventUri: `${uri}/raiseEvent`,
      cancelUri: `${uri}/cancel`,
      purgeUri: `${uri}/purge`,
    });
    const response = await fetch(handle.outcomeUri);
    expect(await response.json()).toMatchObject({ jobId: "a.b_c:d-1", status: "SUCCEEDED" });
  });

  it("trusts no request header in the addresses it answers", async () => {
    const headers = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" };
    const handle = await accepted(post(job().path("submit"), three, { headers }));
    expect(JSON.stringify(handle)).not.toContain("evil.example");
  });

  it("takes ids of 1 to 128 characters", async () => {
    for (const id of ["x", "0".repeat(128)]) {
      expect(await job(id).run(three)).toMatchObject({ jobId: id, status: "SUCCEEDED" });
    }
  });

  it("answers the same handle for an equal request, while it runs and after its end", async () => {
    const one = job();
    const request: JobRequest = {
      action: "gated",
      payload: { gate: one.id },
      fanout: { tasks: 2 },
    };
    const first = await one.submit(request);
    expect(await one.submit(request)).toEqual(first);
    gate.open(one.id);
    const outcome = await one.outcome();
    expect(await one.submit(request)).toEqual(first);
    expect(await one.outcome()).toEqual(outcome);
  });

  const spelled: JobRequest = {
    action: "echo",
    payload: { a: 1, b: { c: 2, d: 3 } },
    fanout: { foreach: { items: [{ x: 1, y: 2 }, "1s"] } },
    nextActions: ["echo"],
    timeout: "1m",
    retention: "1h",
    retry: { maxAttempts: 2, initialInterval: "1s" },
    labels: { team: "blue", tier: "1" },
  };
  it.each<[string, JobRequest]>([
    ["the same", spelled],
    ["keys in another order", reversed(spelled)],
    ["durations in another unit", { ...spelled, timeout: 60_000, retention: "60m" }],
    [
      "durations inside an option",
      { ...spelled, retry: { maxAttempts: 2, initialInterval: 1_000 } },
    ],
    ["a Stage object for a name", { ...spelled, nextActions: [{ action: "echo" }] }],
    ["an actionChain", chained(spelled)],
    ["defaults written out", withDefaults(spelled)],
  ])("takes %s for an equal request", async (_, again) => {
    const one = job();
    const handle = await one.submit(spelled);
    expect(await one.submit(again)).toEqual(handle);
    await one.outcome();
  });

  it.each<[string, JobRequest]>([
    ["another action", { ...spelled, action: "gated" }],
    ["other items", { ...spelled, fanout: { foreach: { items: [{ x: 1, y: 2 }, "1000ms"] } } }],
    [
      "items in another order",
      { ...spelled, fanout: { foreach: { items: ["1s", { x: 1, y: 2 }] } } },
    ],
    ["another payload", { ...spelled, payload: { a: "1", b: { c: 2, d: 3 } } }],
    ["a further stage", { ...spelled, nextActions: ["echo", "echo"] }],
    ["another option", { ...spelled, timeout: "61s" }],
    ["another label", { ...spelled, labels: { team: "blue", tier: "2" } }],
    [
      "a payload only of the second stage",
      { ...spelled, nextActions: [{ action: "echo", payload: { z: 1 } }] },
    ],
  ])("refuses %s as JOB_CONFLICT and leaves the job as it is", async (_, other) => {
    const one = job();
    await one.submit(spelled);
    expect(await refused(post(one.path("submit"), other))).toMatchObject({
      status: 409,
      code: "JOB_CONFLICT",
    });
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED", request: spelled });
  });

  it("starts one job for many submits at once", async () => {
    const one = job();
    const handles = await Promise.all(Array.from({ length: 20 }, () => one.submit(three)));
    expect(new Set(handles.map((handle) => JSON.stringify(handle))).size).toBe(1);
    expect((await one.outcome()).taskCounts.total).toBe(3);
    expect(await one.verify()).toMatchObject({ ok: true, checked: 3 });
  });
});

describe("Jobs.submit", () => {
  it("makes an id", async () => {
    const { jobId } = (await accepted(post("Jobs/submit", three))) as { jobId: string };
    expect(jobId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await job(jobId).outcome()).toMatchObject({ jobId, status: "SUCCEEDED" });
  });

  it("makes one job for one idempotency key", async () => {
    const headers = { "idempotency-key": "only-once" };
    const submit = () => accepted(post("Jobs/submit", three, { headers }));
    const first = (await submit()) as { jobId: string };
    expect(await submit()).toEqual(first);
    await job(first.jobId).outcome();
  });

  it("takes an id, and is then as idempotent as Job.submit", async () => {
    const jobId = newJobId();
    const first = await accepted(post("Jobs/submit", { ...three, jobId }));
    expect(await accepted(post("Jobs/submit", { ...three, jobId }))).toEqual(first);
    expect(await job(jobId).submit(three)).toEqual(first);
    const other = { ...three, jobId, fanout: { tasks: 4 } };
    expect(await refused(post("Jobs/submit", other))).toMatchObject({
      status: 409,
      code: "JOB_CONFLICT",
    });
    await job(jobId).outcome();
  });
});

describe("Jobs.run", () => {
  it("answers the outcome of the job: one request, one response", async () => {
    const request = { action: "echo", fanout: { foreach: { items: ["a", "b"] } } };
    const outcome = JobOutcome.parse(await accepted(post("Jobs/run", { ...request, wait: "30s" })));
    expect(outcome).toMatchObject({
      status: "SUCCEEDED",
      request,
      result: [
        { ok: true, value: { item: "a" } },
        { ok: true, value: { item: "b" } },
      ],
    });
    expect(await job(outcome.jobId).outcome()).toEqual(outcome);
  });

  it("answers the outcome that is there when it is asked for the same job again", async () => {
    const request = { ...three, jobId: newJobId() };
    const first = await accepted(post("Jobs/run", request));
    expect(await accepted(post("Jobs/run", request))).toEqual(first);
  });

  it("answers STILL_RUNNING when the wait is over, and the job goes on", async () => {
    const jobId = newJobId();
    const request = { action: "gated", payload: { gate: jobId }, fanout: { tasks: 1 } };
    const answer = await refused(post("Jobs/run", { ...request, jobId, wait: "50ms" }));
    expect(answer).toMatchObject({ status: 408, code: "STILL_RUNNING" });
    gate.open(jobId);
    expect(await job(jobId).outcome()).toMatchObject({ status: "SUCCEEDED" });
  });

  it("answers a long outcome in full", async () => {
    const items = Array.from({ length: 50 }, (_, n) => String(n).padEnd(10_000, "x"));
    const request = { action: "echo", fanout: { foreach: { items } } };
    const outcome = JobOutcome.parse(await accepted(post("Jobs/run", request)));
    expect(outcome.result).toEqual(items.map((item) => ({ ok: true, value: { item } })));
  });
});

describe("Job.outcome", () => {
  it("waits for the end, for many at once", async () => {
    const one = job();
    await one.submit({ action: "gated", payload: { gate: one.id }, fanout: { tasks: 1 } });
    const waiting = Array.from({ length: 30 }, () => one.outcome());
    await refused(post(one.path("outcome"), { wait: "50ms" }));
    gate.open(one.id);
    const outcomes = await Promise.all(waiting);
    for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
    expect(outcomes[0]).toMatchObject({ status: "SUCCEEDED" });
  });

  it.each([0, "0s", 1, "100ms"])("answers STILL_RUNNING after a wait of %s", async (wait) => {
    const one = job();
    await one.submit({ action: "gated", payload: { gate: one.id }, fanout: { tasks: 1 } });
    const from = Date.now();
    const answer = await refused(post(one.path("outcome"), { wait }));
    expect(answer).toMatchObject({ status: 408, code: "STILL_RUNNING" });
    expect(Date.now() - from).toBeLessThan(5_000);
    gate.open(one.id);
    await one.outcome();
  });

  it("answers for the generation it is asked for", async () => {
    const one = job();
    const outcome = await one.run(three);
    expect(await one.outcome({ generation: 1 })).toEqual(outcome);
    expect(await refused(post(one.path("outcome"), { generation: 2 }))).toMatchObject({
      status: 400,
      code: "INVALID_REQUEST",
      issues: [{ path: "generation" }],
    });
  });

  it("proves what the fan-out gained, and repeats the request with long lists counted", async () => {
    const one = job();
    const items = Array.from({ length: 500 }, (_, n) => n);
    const outcome = await one.run({
      action: "echo",
      fanout: { foreach: { as: "n", items } },
      labels: { a: "b" },
    });
    expect(outcome).toMatchObject({
      request: {
        action: "echo",
        fanout: { foreach: { as: "n", items: { count: 500 } } },
        labels: { a: "b" },
      },
      generation: 1,
      resultsUri: `${ingressUrl}/Job/${one.id}/results`,
      receipt: { retries: 0 },
    });
    const { receipt, startedAt, completedAt, tookMs } = outcome;
    expect(receipt.wallMs).toBe(completedAt - startedAt);
    expect(tookMs).toBe(receipt.wallMs);
    expect(outcome).not.toHaveProperty("truncated");
    expect(outcome).not.toHaveProperty("reason");
  });
});

describe("GET", () => {
  it.each(["status", "outcome", "why", "results"])("answers %s as POST does", async (handler) => {
    const one = job();
    await one.run(three);
    const byGet = await accepted(get(one.path(handler)));
    expect(byGet).toEqual(await accepted(post(one.path(handler), {})));
    expect(byGet).toEqual(await accepted(post(one.path(handler))));
  });

  it("answers 404 for a job that is not there", async () => {
    for (const handler of ["status", "outcome", "why", "results"]) {
      expect(await refused(get(`Job/nobody/${handler}`))).toMatchObject({
        status: 404,
        code: "JOB_NOT_FOUND",
      });
    }
  });
});

describe("Jobs.plan", () => {
  const plan = async (request: unknown) =>
    PlanAnswer.strict().parse(await accepted(post("Jobs/plan", request))).stages;

  it("shows counts and the first and last input", async () => {
    const request = {
      action: "echo",
      payload: { a: 1 },
      fanout: { foreach: { as: "n", items: [1, 2, 3, 4, 5], batch: 2 } },
      nextActions: [{ action: "gated", payload: { gate: "x" } }, "echo"],
    };
    expect(await plan(request)).toEqual([
      { stage: 0, action: "echo", tasks: 3, first: { a: 1, n: [1, 2] }, last: { a: 1, n: [5] } },
      { stage: 1, action: "gated", tasks: null },
      { stage: 2, action: "echo", tasks: null },
    ]);
  });

  it.each([
    [{ tasks: 7 }, 7, {}, {}],
    [{ tasks: 1 }, 1, {}, {}],
    [{ range: { start: 10, stop: 1, step: -3 } }, 4, { item: 10 }, { item: 1 }],
    [{ range: { start: 1, stop: 10, step: 4, batch: 2 } }, 2, { item: [1, 5] }, { item: [9] }],
    [{ range: { as: "p", start: -5, stop: -5 } }, 1, { p: -5 }, { p: -5 }],
    [{ range: { start: 1, stop: 1_000_000_000 } }, 1e9, { item: 1 }, { item: 1e9 }],
    [{ tasks: 1_000_000_000 }, 1e9, {}, {}],
  ])("plans %j as %i tasks", async (fanout, tasks, first, last) => {
    expect(await plan({ action: "echo", fanout })).toEqual([
      { stage: 0, action: "echo", tasks, first, last },
    ]);
  });

  it.each([{ foreach: { items: [] } }, { range: { start: 2, stop: 1 } }, { tasks: 0 }])(
    "plans the empty %j as 0 tasks",
    async (fanout) => {
      expect(await plan({ action: "echo", fanout })).toEqual([
        { stage: 0, action: "echo", tasks: 0 },
      ]);
    },
  );

  it("does not know how many tasks an open job will have", async () => {
    expect(await plan({ action: "echo", open: true })).toEqual([
      { stage: 0, action: "echo", tasks: null },
    ]);
    const [stage] = await plan({ action: "echo", open: true, fanout: { tasks: 2 } });
    expect(stage).toMatchObject({ tasks: null });
  });

  it("starts nothing", async () => {
    await plan({ action: "gated", payload: { gate: "never" }, fanout: { tasks: 10 } });
    expect(await fanfold.admin.invocations()).toEqual([]);
  });

  it("refuses what submit refuses", async () => {
    expect(
      await refused(post("Jobs/plan", { action: "nobody", fanout: { tasks: 1 } })),
    ).toMatchObject({ status: 422, code: "UNKNOWN_ACTION" });
  });
});

// --- internal ---

function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => reversed(item)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, field]) => [key, reversed(field)] as const);
  return Object.fromEntries(entries.reverse()) as T;
}

function chained({ action, nextActions = [], ...rest }: JobRequest): JobRequest {
  return { ...rest, actionChain: [action ?? "", ...nextActions] };
}

function withDefaults(request: JobRequest): JobRequest {
  return {
    ...request,
    fanout: { foreach: { as: "item", items: request.fanout?.foreach?.items ?? [] } },
    open: false,
    delay: "0s",
    deadline: null,
    succeedAfter: null,
    onComplete: [],
    failurePolicy: "complete-all",
    fold: "collect",
  };
}

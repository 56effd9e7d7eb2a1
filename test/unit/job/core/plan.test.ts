import { describe, expect, it } from "vitest";
import { action, type AnyAction } from "../../../../services/actions.ts";
import { JobRequest } from "../../../../services/contract/job-request.ts";
import {
  digest,
  planJob,
  requestEcho,
  requestHash,
  stagesOf,
} from "../../../../services/job/core/plan.ts";

const noAction = () => undefined;
const bare = action({ name: "work", run: () => null });
const own = action({
  name: "work",
  retry: { maxAttempts: 7, initialInterval: "7ms", maxInterval: "7s", factor: 7, jitter: false },
  timeout: "7s",
  cancelGrace: "70ms",
  durability: "task",
  run: () => null,
});

describe("stagesOf", () => {
  it.each([
    [{ action: "a" }],
    [{ action: "a", nextActions: [] }],
    [{ actionChain: ["a"] }],
    [{ actionChain: [{ action: "a" }] }],
  ])("reads one stage out of %j", (request) => {
    expect(stagesOf({ ...request, fanout: { tasks: 1 } })).toEqual([{ action: "a" }]);
  });

  it("puts next actions behind the first one", () => {
    const request = { action: "a", nextActions: ["b", { action: "c", timeout: "1s" }] };
    expect(stagesOf(request)).toEqual([
      { action: "a" },
      { action: "b" },
      { action: "c", timeout: "1s" },
    ]);
  });
});

describe("planJob", () => {
  it("takes defaults where nobody said anything", () => {
    const { stages, ...job } = plan({ action: "work", fanout: { tasks: 1 } });
    expect(job).toEqual({
      source: null,
      open: false,
      delayMs: 0,
      deadlineMs: null,
      sealByMs: 86_400_000,
      sealPolicy: "fail",
      retentionMs: 86_400_000,
      labels: {},
      receivers: 0,
    });
    expect(stages).toEqual([
      {
        action: "work",
        call: null,
        payload: {},
        concurrency: 100,
        rate: null,
        shared: null,
        retry: { maxAttempts: 3, initialMs: 200, maxMs: 10_000, factor: 2, jitter: true },
        timeoutMs: 900_000,
        graceMs: 10_000,
        durability: "group",
        policy: "complete-all",
        succeedAfter: null,
        fold: "collect",
      },
    ]);
  });

  it("prefers the action's own definition to defaults", () => {
    expect(plan({ action: "work", fanout: { tasks: 1 } }, own).stages[0]).toMatchObject({
      retry: { maxAttempts: 7, initialMs: 7, maxMs: 7_000, factor: 7, jitter: false },
      timeoutMs: 7_000,
      graceMs: 70,
      durability: "task",
    });
  });

  it.each([
    ["timeout", { timeout: "1s" }, { timeout: "2s" }, { timeoutMs: 1_000 }, { timeoutMs: 2_000 }],
    ["grace", { cancelGrace: 0 }, { cancelGrace: "2s" }, { graceMs: 0 }, { graceMs: 2_000 }],
    [
      "concurrency",
      { limits: { concurrency: 1 } },
      { limits: { concurrency: 2 } },
      { concurrency: 1 },
      { concurrency: 2 },
    ],
    [
      "rate",
      { limits: { rate: { tasks: 1, per: "1s" } } },
      { limits: { rate: { tasks: 2, per: "1m" } } },
      { rate: { tasks: 1, perMs: 1_000 } },
      { rate: { tasks: 2, perMs: 60_000 } },
    ],
    [
      "wish for no rate",
      { limits: { rate: { tasks: 1, per: "1s" } } },
      { limits: { rate: null } },
      { rate: { tasks: 1, perMs: 1_000 } },
      { rate: null },
    ],
    [
      "policy",
      { failurePolicy: "best-effort" },
      { failurePolicy: "complete-all" },
      { policy: "best-effort" },
      { policy: "complete-all" },
    ],
    [
      "kind of fold",
      { fold: { stats: { path: "a" } } },
      { fold: { groupBy: { path: "b" } } },
      { fold: { stats: { path: "a" } } },
      { fold: { groupBy: { path: "b" } } },
    ],
  ])(
    "prefers the stage's %s to the job's, and the job's to the action's",
    (_, far, near, job, stage) => {
      const nextActions = [{ action: "work", ...near }];
      const { stages } = plan({ action: "work", fanout: { tasks: 1 }, ...far, nextActions }, own);
      expect(stages[0]).toMatchObject(job);
      expect(stages[1]).toMatchObject(stage);
    },
  );

  it("merges retries field by field", () => {
    const request = {
      action: "work",
      fanout: { tasks: 1 },
      retry: { maxAttempts: 5, factor: 5 },
      nextActions: [{ action: "work", retry: { maxAttempts: 9 } }],
    };
    const { stages } = plan(request, own);
    expect(stages.map(({ retry }) => retry)).toEqual([
      { maxAttempts: 5, factor: 5, initialMs: 7, maxMs: 7_000, jitter: false },
      { maxAttempts: 9, factor: 5, initialMs: 7, maxMs: 7_000, jitter: false },
    ]);
  });

  it("merges payloads field by field", () => {
    const request = {
      action: "work",
      fanout: { tasks: 1 },
      payload: { a: 1, b: { deep: 1 } },
      nextActions: [{ action: "work", payload: { b: { other: 2 }, c: 3 } }],
    };
    expect(plan(request).stages.map(({ payload }) => payload)).toEqual([
      { a: 1, b: { deep: 1 } },
      { a: 1, b: { other: 2 }, c: 3 },
    ]);
  });

  it("reads a source with its own payload, and with the job's options or its action's", () => {
    const from = { action: "list", as: "row", payload: { table: 1 } };
    const request = { action: "work", payload: { a: 1 }, timeout: "9s", fanout: { from } };
    const { retry, timeoutMs, ...source } = plan(request, own).source!;
    expect(source).toEqual({
      action: "list",
      call: null,
      shared: null,
      as: "row",
      payload: { table: 1 },
      graceMs: 70,
    });
    expect({ retry, timeoutMs }).toMatchObject({ retry: { maxAttempts: 7 }, timeoutMs: 9_000 });
  });

  it("counts the receivers of all ends, and keeps the job until they could be told", () => {
    const onComplete = [{ action: "notify" }, { webhook: "https://example.com" }];
    const nextActions = [{ action: "b", onComplete }, "c"];
    const request = { ...base(), retention: "1s" };
    expect(plan(request)).toMatchObject({ receivers: 0, retentionMs: 1_000 });
    expect(plan({ ...request, onComplete, nextActions })).toMatchObject({
      receivers: 4,
      retentionMs: 600_000,
    });
    expect(plan({ ...request, onComplete, retention: "1h" })).toMatchObject({
      retentionMs: 3_600_000,
    });
  });

  it("knows what the action allows all jobs together, whatever the job asks for", () => {
    const limits = { concurrency: 8, rate: { tasks: 5, per: "1s" } };
    const limited = action({ name: "work", limits, run: () => null });
    const request = { action: "work", fanout: { tasks: 1 }, limits: { concurrency: 50 } };
    expect(plan(request, limited).stages[0]).toMatchObject({
      concurrency: 50,
      rate: null,
      shared: { concurrency: 8, rate: { tasks: 5, perMs: 1_000 } },
    });
  });

  it("asks for the action of each stage", () => {
    const find = (name: string) => (name === "slow" ? { ...bare, timeout: "1h" } : undefined);
    const { stages } = planJob({ actionChain: ["fast", "slow"], fanout: { tasks: 1 } }, find);
    expect(stages.map(({ timeoutMs }) => timeoutMs)).toEqual([900_000, 3_600_000]);
  });
});

describe("requestHash", () => {
  it.each([
    [
      "the order of keys",
      { ...base(), labels: { a: "1", b: "2" } },
      { labels: { b: "2", a: "1" }, ...base() },
    ],
    [
      "the order of keys in a payload",
      { ...base(), payload: { a: { b: 1, c: 2 } } },
      { ...base(), payload: { a: { c: 2, b: 1 } } },
    ],
    ["the spelling of a duration", { ...base(), timeout: "1s" }, { ...base(), timeout: 1_000 }],
    [
      "the spelling of a retention",
      { ...base(), retention: "24h" },
      { ...base(), retention: "1d" },
    ],
    [
      "the spelling of a rate",
      { ...base(), limits: { rate: { tasks: 1, per: "1s" } } },
      { ...base(), limits: { rate: { tasks: 1, per: 1_000 } } },
    ],
    [
      "the spelling of an interval",
      { ...base(), retry: { initialInterval: "60s" } },
      { ...base(), retry: { initialInterval: "1m" } },
    ],
    [
      "the spelling of a duration in a stage",
      { ...base(), nextActions: [{ action: "b", cancelGrace: "1s" }] },
      { ...base(), nextActions: [{ action: "b", cancelGrace: "1000ms" }] },
    ],
    [
      "the form of a chain",
      { ...base(), nextActions: ["b"] },
      { actionChain: ["work", "b"], fanout: { tasks: 1 } },
    ],
    [
      "names or Stage objects",
      { ...base(), nextActions: ["b"] },
      { ...base(), nextActions: [{ action: "b" }] },
    ],
    ["an empty list of next actions", base(), { ...base(), nextActions: [] }],
    ["an empty list of receivers", base(), { ...base(), onComplete: [] }],
    [
      "the defaults of a source",
      { ...base(), fanout: { from: { action: "list" } } },
      { ...base(), fanout: { from: { action: "list", as: "item", payload: {} } } },
    ],
    ["fields that are undefined", base(), { ...base(), labels: undefined }],
  ] as [string, object, object][])("does not depend on %s", (_, one, other) => {
    expect(hash(one)).toBe(hash(other));
  });

  it.each([
    ["another action", { action: "other" }],
    ["another number of tasks", { fanout: { tasks: 2 } }],
    ["another payload", { payload: { a: 1 } }],
    ["a text instead of a number", { payload: { a: "1" } }],
    ["null instead of nothing", { payload: { a: null } }],
    ["data that looks like a duration", { payload: { timeout: "1s" } }],
    ["data that looks like milliseconds", { payload: { timeout: 1_000 } }],
    ["deep data that looks like a duration", { payload: { deep: [{ timeout: "1s" }] } }],
    ["deep data that looks like milliseconds", { payload: { deep: [{ timeout: 1_000 }] } }],
    ["a label that looks like a duration", { labels: { delay: "1s" } }],
    ["a label that is longer", { labels: { delay: "1000ms" } }],
    ["items", { fanout: { foreach: { items: [1, 2] } } }],
    ["items in another order", { fanout: { foreach: { items: [2, 1] } } }],
    ["items nested otherwise", { fanout: { foreach: { items: [[1, 2]] } } }],
    ["items that look like durations", { fanout: { foreach: { items: [{ delay: "1s" }] } } }],
    ["items that look like milliseconds", { fanout: { foreach: { items: [{ delay: 1_000 }] } } }],
    ["a source", { fanout: { from: { action: "list" } } }],
    ["another payload of it", { fanout: { from: { action: "list", payload: { a: 1 } } } }],
    ["a timeout", { timeout: "1s" }],
    ["the timeout in the stage", { nextActions: [{ action: "b", timeout: "1s" }] }],
    ["another stage", { nextActions: ["b"] }],
    ["a receiver", { onComplete: [{ action: "notify" }] }],
    ["another receiver", { onComplete: [{ action: "other" }] }],
    [
      "a receiver of a stage",
      { nextActions: [{ action: "b", onComplete: [{ action: "notify" }] }] },
    ],
    ["stages in another order", { nextActions: ["b", "c"] }],
    ["stages in that order", { nextActions: ["c", "b"] }],
  ])("is another one for %s", (_, change) => {
    seen.push(hash({ ...base(), ...change }));
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe("digest", () => {
  it("tells an absent field from null and depends on no key order", () => {
    expect(digest({ a: 1, b: [2] })).toBe(digest({ b: [2], a: 1 }));
    expect(digest({ a: null })).not.toBe(digest({}));
  });
});

describe("requestEcho", () => {
  it("replaces long item lists by their number", () => {
    const items = Array.from({ length: 11 }, (_, at) => at);
    const request = { action: "work", fanout: { foreach: { as: "row", items } } };
    expect(requestEcho(request)).toEqual({
      action: "work",
      fanout: { foreach: { as: "row", items: { count: 11 } } },
    });
  });

  it.each([base(), { ...base(), fanout: { foreach: { items: [1, 2] } } }])(
    "leaves %j alone",
    (request) => {
      expect(requestEcho(request)).toEqual(request);
    },
  );
});

// --- internal ---

const seen = [hash(base())];

function base() {
  return { action: "work", fanout: { tasks: 1 } };
}

function parsed(request: object): JobRequest {
  return JobRequest.parse(request);
}

function hash(request: object): string {
  return requestHash(parsed(request));
}

function plan(request: object, found?: AnyAction) {
  return planJob(parsed(request), found ? () => found : noAction);
}

import { request } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { echo } from "../support/actions.ts";
import { refused } from "../support/http.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const fanfold = await startTestFanfold({ actions: [echo] });
const { get, post, job, admin } = fanfold;

const good = { action: "echo", fanout: { tasks: 1 } };
const at = (path: string) => ({
  status: 400,
  code: "INVALID_REQUEST",
  issues: expect.arrayContaining([expect.objectContaining({ path })]) as unknown,
});

/** What can be told about a body before anybody reads it. */
const MALFORMED: [string, string | Uint8Array<ArrayBuffer>, object][] = [
  ["half a body", '{"action":', { status: 400, code: "MALFORMED_JSON" }],
  ["a word", "hello", { status: 400, code: "MALFORMED_JSON" }],
  ["blanks", "   ", { status: 400, code: "MALFORMED_JSON" }],
  ["two bodies", "{} {}", { status: 400, code: "MALFORMED_JSON" }],
  ["a comment", "{} // so", { status: 400, code: "MALFORMED_JSON" }],
  [
    "bytes that are no text",
    new Uint8Array([0xff, 0xfe, 0x00]),
    { status: 400, code: "MALFORMED_JSON" },
  ],
  ["null", "null", { status: 400, code: "INVALID_REQUEST" }],
  ["an array", "[]", { status: 400, code: "INVALID_REQUEST" }],
  ["an array with a body", '[{"action":"echo"}]', { status: 400, code: "INVALID_REQUEST" }],
  ["a string", '"echo"', { status: 400, code: "INVALID_REQUEST" }],
  ["a number", "42", { status: 400, code: "INVALID_REQUEST" }],
  ["true", "true", { status: 400, code: "INVALID_REQUEST" }],
  ["an unknown key", '{"unknown":1}', { status: 400, code: "INVALID_REQUEST" }],
];

const HANDLERS = [
  "Jobs/submit",
  "Jobs/run",
  "Jobs/plan",
  "Jobs/list",
  ...[
    "submit",
    "append",
    "seal",
    "status",
    "outcome",
    "results",
    "timeline",
    "why",
    "verify",
    "purge",
    "pause",
    "resume",
    "cancel",
    "setLimits",
    "redrive",
    "raiseEvent",
    "setCustomStatus",
  ].map((handler) => `Job/ended/${handler}`),
];

describe.each(HANDLERS)("%s", (handler) => {
  it("refuses a body that is no JSON object of the contract", async () => {
    for (const [name, raw, refusal] of MALFORMED) {
      const answer = await refused(post(handler, undefined, { raw }));
      expect({ name, ...answer }).toMatchObject({ name, ...refusal });
    }
  });

  it("refuses another content type", async () => {
    for (const contentType of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/xml",
    ]) {
      const answer = await refused(
        post(handler, undefined, { raw: JSON.stringify(good), contentType }),
      );
      expect(answer.status).toBe(400);
    }
  });

  it("refuses an empty body that is said to be JSON", async () => {
    expect((await refused(post(handler, undefined, { raw: "" }))).status).toBe(400);
  });

  it("refuses a body of more than 8 MiB", async () => {
    const answer = await refused(post(handler, { unknown: "x".repeat(8 * MIB) }));
    expect(answer).toMatchObject({ status: 413, code: "REQUEST_TOO_LARGE" });
  });
});

it.each(["Jobs/submit", "Job/large/submit", "Job/feeding/append"])(
  "%s refuses a body of more than 32 MiB",
  async (handler) => {
    expect(await statusOfLarge(handler, 33 * MIB)).toBe(413);
  },
);

describe("a body nested too deeply to be written again", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const fanout = (depth: number) => `"fanout":{"foreach":{"items":[${nested(depth)}]}}`;

  it.each(["Job/deep/submit", "Jobs/submit", "Jobs/run", "Jobs/plan"])(
    "is refused by %s",
    async (handler) => {
      const raw = `{"action":"echo",${fanout(100_000)}}`;
      expect(await refused(post(handler, undefined, { raw }))).toMatchObject({
        status: 400,
        code: "INVALID_REQUEST",
      });
    },
  );

  it("is refused by append, and the job takes others", async () => {
    const one = job();
    await one.submit({ action: "echo", open: true });
    const answer = post(one.path("append"), undefined, { raw: `{${fanout(100_000)}}` });
    expect(await refused(answer)).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
    expect(await one.append({ fanout: { tasks: 1 } })).toEqual({ accepted: 1, total: 1 });
    await one.cancel();
  });

  it.each([100, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000])(
    "is refused or run when it is %i deep",
    async (depth) => {
      const one = job();
      const raw = `{"action":"echo","nextActions":["echo"],${fanout(depth)}}`;
      const answer = await post(one.path("submit"), undefined, { raw });
      if (!answer.ok) return expect(answer).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
      expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
      return expect((await one.allResults()).length).toBe(1);
    },
  );
});

it("an empty body asks nothing, and is no request", async () => {
  expect(await refused(post("Job/empty/submit"))).toMatchObject(at("action"));
  expect(await refused(post("Job/empty/append"))).toMatchObject(at("fanout"));
  expect(await refused(post("Jobs/submit"))).toMatchObject(at("action"));
  expect(await refused(get("Jobs/plan"))).toMatchObject(at("action"));
});

const REQUESTS: [string, unknown, object][] = [
  ["an action that is a number", { ...good, action: 1 }, at("action")],
  ["an empty action", { ...good, action: "" }, at("action")],
  ["an action with a blank", { ...good, action: "a b" }, at("action")],
  ["an action of 65 characters", { ...good, action: "a".repeat(65) }, at("action")],
  ["an action with two slashes", { ...good, action: "a/b/c" }, at("action")],
  ["no action", { fanout: { tasks: 1 } }, at("action")],
  ["no fan-out", { action: "echo" }, at("fanout")],
  ["a fan-out of no kind", { ...good, fanout: {} }, at("fanout")],
  [
    "a fan-out of two kinds",
    { ...good, fanout: { tasks: 1, foreach: { items: [] } } },
    at("fanout"),
  ],
  ["a fan-out that is null", { ...good, fanout: null }, at("fanout")],
  [
    "a fan-out of an unknown kind",
    { ...good, fanout: { each: [] } },
    { status: 400, code: "INVALID_REQUEST" },
  ],
  ["tasks below 0", { ...good, fanout: { tasks: -1 } }, at("fanout.tasks")],
  ["half a task", { ...good, fanout: { tasks: 0.5 } }, at("fanout.tasks")],
  ["tasks in words", { ...good, fanout: { tasks: "1" } }, at("fanout.tasks")],
  ["more than 10^9 tasks", { ...good, fanout: { tasks: 1_000_000_001 } }, at("fanout.tasks")],
  ["1e300 tasks", { ...good, fanout: { tasks: 1e300 } }, at("fanout.tasks")],
  [
    "items that are no list",
    { ...good, fanout: { foreach: { items: {} } } },
    at("fanout.foreach.items"),
  ],
  ["no items", { ...good, fanout: { foreach: {} } }, at("fanout.foreach.items")],
  [
    "a batch of 0",
    { ...good, fanout: { foreach: { items: [], batch: 0 } } },
    at("fanout.foreach.batch"),
  ],
  [
    "a batch of 1,001",
    { ...good, fanout: { foreach: { items: [], batch: 1_001 } } },
    at("fanout.foreach.batch"),
  ],
  [
    "a step of 0",
    { ...good, fanout: { range: { start: 1, stop: 2, step: 0 } } },
    at("fanout.range.step"),
  ],
  [
    "half a step",
    { ...good, fanout: { range: { start: 1, stop: 2, step: 0.5 } } },
    at("fanout.range.step"),
  ],
  ["a range without stop", { ...good, fanout: { range: { start: 1 } } }, at("fanout.range.stop")],
  [
    "a range beyond whole numbers",
    { ...good, fanout: { range: { start: 1, stop: 1e300 } } },
    at("fanout.range.stop"),
  ],
  [
    "a range of more than 10^9",
    { ...good, fanout: { range: { start: 0, stop: 1e9 } } },
    at("fanout.range"),
  ],
  [
    "a range over everything",
    { ...good, fanout: { range: { start: -(2 ** 53) + 1, stop: 2 ** 53 - 1 } } },
    at("fanout.range"),
  ],
  [
    "a bad field name",
    { ...good, fanout: { foreach: { as: "a b", items: [] } } },
    at("fanout.foreach.as"),
  ],
  [
    "__proto__ as field name",
    { ...good, fanout: { foreach: { as: "__proto__", items: [] } } },
    at("fanout.foreach.as"),
  ],
  ["a payload that is a list", { ...good, payload: [] }, at("payload")],
  ["a payload that is null", { ...good, payload: null }, at("payload")],
  ["a chain beside an action", { ...good, actionChain: ["echo"] }, at("actionChain")],
  [
    "a chain beside nextActions",
    { fanout: { tasks: 1 }, actionChain: ["echo"], nextActions: ["echo"] },
    at("actionChain"),
  ],
  ["an empty chain", { fanout: { tasks: 1 }, actionChain: [] }, at("actionChain")],
  [
    "17 stages",
    { ...good, nextActions: Array.from({ length: 16 }, () => "echo") },
    at("nextActions"),
  ],
  [
    "a chain of 17 stages",
    { fanout: { tasks: 1 }, actionChain: Array.from({ length: 17 }, () => "echo") },
    at("actionChain"),
  ],
  [
    "a stage with an unknown key",
    { ...good, nextActions: [{ action: "echo", fanout: { tasks: 1 } }] },
    at("nextActions.0"),
  ],
  ["a stage without action", { ...good, nextActions: [{}] }, at("nextActions.0")],
  ["concurrency 0", { ...good, limits: { concurrency: 0 } }, at("limits.concurrency")],
  ["concurrency 100,001", { ...good, limits: { concurrency: 100_001 } }, at("limits.concurrency")],
  ["no attempts", { ...good, retry: { maxAttempts: 0 } }, at("retry.maxAttempts")],
  ["a factor below 1", { ...good, retry: { factor: 0.5 } }, at("retry.factor")],
  ["a duration without unit", { ...good, timeout: "10" }, at("timeout")],
  ["a duration with a fraction", { ...good, timeout: "1.5s" }, at("timeout")],
  ["a negative duration", { ...good, timeout: -1 }, at("timeout")],
  ["half a millisecond", { ...good, timeout: 0.5 }, at("timeout")],
  ["a timeout of nothing", { ...good, timeout: 0 }, at("timeout")],
  ["a timeout of 7 hours", { ...good, timeout: "7h" }, at("timeout")],
  ["a retention of 366 days", { ...good, retention: "366d" }, at("retention")],
  ["a duration beyond numbers", { ...good, retention: `${"9".repeat(400)}d` }, at("retention")],
  ["an unknown policy", { ...good, failurePolicy: "never" }, at("failurePolicy")],
  [
    "a policy without bound",
    { ...good, failurePolicy: { tolerate: {} } },
    at("failurePolicy.tolerate"),
  ],
  ["an unknown fold", { ...good, fold: "sum" }, at("fold")],
  [
    "17 labels",
    { ...good, labels: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`l${n}`, ""])) },
    at("labels"),
  ],
  ["a label that is a number", { ...good, labels: { a: 1 } }, at("labels.a")],
  ["open in words", { ...good, open: "yes" }, at("open")],
  ["sealBy of a job that is not open", { ...good, sealBy: "1h" }, at("sealBy")],
  [
    "a jobId in the body of Job.submit",
    { ...good, jobId: "x" },
    { status: 400, code: "INVALID_REQUEST" },
  ],
  ["an unknown action", { ...good, action: "nobody" }, { status: 422, code: "UNKNOWN_ACTION" }],
  [
    "a remote action that nobody offers",
    { ...good, nextActions: ["Greeter/greet"] },
    { status: 422, code: "UNKNOWN_ACTION" },
  ],
  [
    "an unknown action later on",
    { ...good, nextActions: ["echo", "nobody"] },
    { status: 422, code: "UNKNOWN_ACTION" },
  ],
  [
    "a fold that nobody defined",
    { ...good, fold: { action: "nobody" } },
    { status: 422, code: "UNKNOWN_ACTION" },
  ],
  [
    "a fold that is an action",
    { ...good, nextActions: [{ action: "echo", fold: { action: "echo" } }] },
    { status: 422, code: "UNKNOWN_ACTION" },
  ],
  [
    "an unknown source",
    { ...good, fanout: { from: { action: "nobody" } } },
    { status: 422, code: "UNKNOWN_ACTION" },
  ],
  [
    "a remote source that is not there",
    { ...good, fanout: { from: { action: "Greeter/greet" } } },
    { status: 422, code: "UNKNOWN_ACTION" },
  ],
  [
    "one of Fanfold's services",
    { ...good, action: "Runner" },
    { status: 422, code: "UNKNOWN_ACTION" },
  ],
  [
    "a name every object has",
    { ...good, action: "constructor" },
    { status: 422, code: "UNKNOWN_ACTION" },
  ],
];

it.each(REQUESTS)(
  "refuses a job with %s, wherever it is given, and starts nothing",
  async (_, body, refusal) => {
    const one = job();
    expect(await refused(post(one.path("submit"), body))).toMatchObject(refusal);
    expect(await refused(get(one.path("status")))).toMatchObject({ code: "JOB_NOT_FOUND" });
    const isAboutJobId = JSON.stringify(body).includes("jobId");
    for (const handler of isAboutJobId ? ["Jobs/plan"] : ["Jobs/submit", "Jobs/run", "Jobs/plan"]) {
      expect(await refused(post(handler, body))).toMatchObject(refusal);
    }
  },
);

it.each<[unknown, object]>([
  [{ status: "PAUSED" }, at("status")],
  [{ status: null }, at("status")],
  [{ label: "" }, at("label")],
  [{ label: "x".repeat(322) }, at("label")],
  [{ label: { team: "blue" } }, at("label")],
  [{ limit: 0 }, at("limit")],
  [{ limit: 1_001 }, at("limit")],
  [{ limit: "10" }, at("limit")],
  [{ cursor: "" }, at("cursor")],
  [{ cursor: "0" }, at("cursor")],
  [{ cursor: "7." }, at("cursor")],
  [{ cursor: ".a" }, at("cursor")],
  [{ cursor: "-1.a" }, at("cursor")],
  [{ cursor: "1.a b" }, at("cursor")],
  [{ cursor: `${"9".repeat(16)}.a` }, at("cursor")],
  [{ cursor: 7 }, at("cursor")],
  [{ labels: {} }, at("")],
])("Jobs.list refuses %j", async (body, refusal) => {
  expect(await refused(post("Jobs/list", body))).toMatchObject(refusal);
});

it("Jobs.list takes any cursor that could be one, and finds nothing behind the oldest", async () => {
  expect(await post("Jobs/list", { cursor: "0.a" })).toMatchObject({
    body: { jobs: [], cursor: null },
  });
});

const QUESTIONS: [string, unknown, object][] = [
  ["append", {}, at("fanout")],
  ["append", { fanout: { from: { action: "echo" } } }, at("fanout")],
  ["append", { fanout: { tasks: 1 }, appendId: "" }, at("appendId")],
  ["append", { fanout: { tasks: 1 }, appendId: 7 }, at("appendId")],
  ["append", { fanout: { tasks: 1 }, appendId: "x".repeat(129) }, at("appendId")],
  [
    "append",
    { fanout: { foreach: { items: Array.from({ length: 10_001 }, () => 0) } } },
    at("fanout.foreach.items"),
  ],
  ["outcome", { wait: "11m" }, at("wait")],
  ["outcome", { wait: "soon" }, at("wait")],
  ["outcome", { generation: 0 }, at("generation")],
  ["outcome", { generation: 7 }, at("generation")],
  ["results", { limit: 0 }, at("limit")],
  ["results", { limit: 1_001 }, at("limit")],
  ["results", { limit: 1.5 }, at("limit")],
  ["results", { cursor: "x" }, at("cursor")],
  ["results", { cursor: 7 }, at("cursor")],
  ["results", { cursor: "-1" }, at("cursor")],
  ["results", { stage: 1 }, at("stage")],
  ["results", { stage: 16 }, at("stage")],
  ["results", { stage: -1 }, at("stage")],
  ["results", { status: "RUNNING" }, at("status")],
  ["timeline", { stage: 1 }, at("stage")],
  ["timeline", { cursor: "1e3" }, at("cursor")],
  ["raiseEvent", {}, at("name")],
  ["raiseEvent", { name: "a b" }, at("name")],
  ["raiseEvent", { name: "" }, at("name")],
  ["raiseEvent", { name: 7 }, at("name")],
  ["raiseEvent", { name: "x".repeat(129) }, at("name")],
  ["raiseEvent", { name: "go", payload: "x".repeat(64 * 1024) }, at("payload")],
  ["setCustomStatus", {}, at("text")],
  ["setCustomStatus", { text: 7 }, at("text")],
  ["setCustomStatus", { text: "x".repeat(1_001) }, at("text")],
  ["setCustomStatus", { text: ["so"] }, at("text")],
  ["pause", { until: "1h" }, at("")],
  ["resume", { at: 0 }, at("")],
  ["cancel", { reason: 7 }, at("reason")],
  ["cancel", { reason: null }, at("reason")],
  ["cancel", { reason: "x".repeat(1_001) }, at("reason")],
  ["cancel", { grace: "10s" }, at("")],
  ["setLimits", {}, at("")],
  ["setLimits", { stage: 0 }, at("")],
  ["setLimits", { limits: { concurrency: 1 } }, at("")],
  ["setLimits", { concurrency: 0 }, at("concurrency")],
  ["setLimits", { concurrency: -5 }, at("concurrency")],
  ["setLimits", { concurrency: 1.5 }, at("concurrency")],
  ["setLimits", { concurrency: "5" }, at("concurrency")],
  ["setLimits", { concurrency: null }, at("concurrency")],
  ["setLimits", { concurrency: 100_001 }, at("concurrency")],
  ["setLimits", { concurrency: 1e300 }, at("concurrency")],
  ["setLimits", { concurrency: 5, stage: -1 }, at("stage")],
  ["setLimits", { concurrency: 5, stage: 16 }, at("stage")],
  ["setLimits", { concurrency: 5, stage: "0" }, at("stage")],
  ["setLimits", { concurrency: 5, stage: null }, at("stage")],
  ["setLimits", { rate: 5 }, at("rate")],
  ["setLimits", { rate: { tasks: 5 } }, at("rate.per")],
  ["setLimits", { rate: { tasks: 0, per: "1s" } }, at("rate.tasks")],
  ["setLimits", { rate: { tasks: 1e300, per: "1s" } }, at("rate.tasks")],
  ["setLimits", { rate: { tasks: 5, per: "soon" } }, at("rate.per")],
  ["redrive", {}, at("only")],
  ["redrive", { only: "everything" }, at("only")],
  ["redrive", { only: 0 }, at("only")],
  ["redrive", { only: [] }, at("only")],
  ["redrive", { only: [-1] }, at("only.0")],
  ["redrive", { only: [0.5] }, at("only")],
  ["redrive", { only: ["0"] }, at("only")],
  ["redrive", { only: [1e300] }, at("only.0")],
  ["redrive", { only: Array.from({ length: 10_001 }, (_, index) => index) }, at("only")],
  ["redrive", { only: "failed", stage: 16 }, at("stage")],
  ["redrive", { only: "failed", stage: "0" }, at("stage")],
];

it.each(QUESTIONS)("Job.%s refuses %j", async (handler, body, refusal) => {
  expect(await refused(post(`Job/ended/${handler}`, body))).toMatchObject(refusal);
});

/** Of handlers that want one. */
const BODIES: Readonly<Record<string, unknown>> = {
  submit: good,
  append: { fanout: { tasks: 1 } },
  raiseEvent: { name: "go" },
  setCustomStatus: { text: "so" },
  setLimits: { concurrency: 5 },
  redrive: { only: "failed" },
};

const JOB_HANDLERS = HANDLERS.filter((handler) => handler.startsWith("Job/")).map(
  (handler) => handler.split("/")[2] ?? "",
);

it.each(JOB_HANDLERS)("Job.%s refuses ids that are none", async (handler) => {
  const body = BODIES[handler];
  for (const id of [
    "a%2Fb",
    "%2F",
    "a%20b",
    "a%3Fb",
    "%C3%A9",
    "a%00",
    "a%0Ab",
    "..%2F..",
    "x".repeat(129),
    "%F0%9F%98%80",
    "a+b",
  ]) {
    const answer = await refused(post(`Job/${id}/${handler}`, body));
    expect({ id, ...answer }).toMatchObject({ id, status: 400, code: "INVALID_JOB_ID" });
  }
  expect((await refused(post(`Job/%ff/${handler}`, body))).status).toBe(400);
  expect((await refused(post(`Job/${handler}`, body))).status).toBeLessThan(500);
});

it.each(["", "a b", "a/b", "é", "x".repeat(129), 7, null, {}])(
  "Jobs refuses the jobId %j",
  async (jobId) => {
    for (const handler of ["Jobs/submit", "Jobs/run"]) {
      expect(await refused(post(handler, { ...good, jobId }))).toMatchObject(at("jobId"));
    }
  },
);

it.each(JOB_HANDLERS.filter((handler) => handler !== "submit"))(
  "Job.%s does not know a job that was never submitted",
  async (handler) => {
    expect(await refused(post(`Job/nobody/${handler}`, BODIES[handler] ?? {}))).toMatchObject({
      status: 404,
      code: "JOB_NOT_FOUND",
    });
  },
);

const ENDED = { status: 409, code: "JOB_ENDED" };
const RUNNING = { status: 409, code: "JOB_RUNNING" };

const IN_THE_WRONG_STATE: [string, string, unknown, object][] = [
  ["ended", "append", BODIES["append"], ENDED],
  ["ended", "pause", {}, ENDED],
  ["ended", "resume", {}, ENDED],
  ["ended", "cancel", {}, ENDED],
  ["ended", "setLimits", { concurrency: 5 }, ENDED],
  ["ended", "setLimits", { stage: 7, concurrency: 5 }, ENDED],
  ["ended", "raiseEvent", { name: "go" }, ENDED],
  ["ended", "setCustomStatus", { text: "so" }, ENDED],
  ["ended", "redrive", { only: "failed" }, { status: 409, code: "NOTHING_TO_REDRIVE" }],
  ["ended", "redrive", { only: "unsucceeded" }, { status: 409, code: "NOTHING_TO_REDRIVE" }],
  ["ended", "redrive", { only: [0] }, { status: 409, code: "TASK_SUCCEEDED" }],
  ["ended", "redrive", { only: [1] }, at("only")],
  ["ended", "redrive", { only: "failed", stage: 1 }, at("stage")],
  ["feeding", "redrive", { only: "failed" }, RUNNING],
  ["feeding", "redrive", { only: [0], stage: 7 }, RUNNING],
  ["feeding", "purge", {}, RUNNING],
  ["feeding", "setLimits", { stage: 1, concurrency: 5 }, at("stage")],
];

it.each(IN_THE_WRONG_STATE)(
  "the job %s refuses %s with %j and stays as it is",
  async (id, handler, body, refusal) => {
    const before = [await get(`Job/${id}/status`), await get(`Job/${id}/why`)];
    expect(await refused(post(`Job/${id}/${handler}`, body))).toMatchObject(refusal);
    expect([await get(`Job/${id}/status`), await get(`Job/${id}/why`)]).toEqual(before);
  },
);

it("what is refused changes nothing of a job that runs", async () => {
  const status = await job("feeding").status();
  for (const [handler, body] of QUESTIONS) {
    if (handler !== "append") await refused(post(`Job/feeding/${handler}`, body));
  }
  expect(await job("feeding").status()).toEqual(status);
});

it("names every place that is wrong", async () => {
  const { issues, message } = await refused(
    post("Jobs/plan", { action: 1, fanout: { tasks: -1 }, timeout: "x", extra: true }),
  );
  expect(issues.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["action", "fanout.tasks", "timeout"]),
  );
  expect(JSON.stringify(issues)).toContain("extra");
  expect(message).toContain("Invalid request");
});

it("answers a body with very many mistakes shortly", async () => {
  const nextActions = Array.from({ length: 100_000 }, () => ({ nothing: 1 }));
  const answer = await refused(post("Jobs/plan", { ...good, nextActions }));
  expect(answer).toMatchObject({ status: 400, code: "INVALID_REQUEST" });
  expect(JSON.stringify(answer).length).toBeLessThan(20_000);
});

it("takes a body of just under 8 MiB", async () => {
  const payload = { text: "x".repeat(8 * MIB - 200) };
  const outcome = await job().run({ ...good, payload, fold: "count", fanout: { tasks: 0 } });
  expect(outcome).toMatchObject({ status: "SUCCEEDED" });
});

it("measures a body as it is written again", async () => {
  const raw = `{"action":"echo","fanout":{"foreach":{"items":[${Array.from({ length: MIB }, () => "1e20").join()}]}}}`;
  expect(raw.length).toBeLessThan(8 * MIB);
  expect(await refused(post(job().path("submit"), undefined, { raw }))).toMatchObject({
    status: 413,
    code: "REQUEST_TOO_LARGE",
  });
});

it("has started nothing of all that was refused", async () => {
  await job("feeding").cancel();
  await vi.waitFor(async () => expect(await admin.invocations()).toEqual([]), 10_000);
});

await job("ended").run(good);
await job("feeding").submit({ action: "echo", open: true });

// --- internal ---

const MIB = 1024 * 1024;

/** The server answers when it has read how much is to come. */
function statusOfLarge(path: string, bytes: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": bytes };
    const sent = request(`${fanfold.ingressUrl}/${path}`, { method: "POST", headers });
    sent.once("response", (response) => {
      resolve(response.statusCode);
      sent.destroy();
    });
    sent.once("error", reject);
    sent.write("{");
  });
}

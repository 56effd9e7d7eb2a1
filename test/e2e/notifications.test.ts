import { createHmac } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { action, TerminalError } from "../../services/actions.ts";
import type { JobRequest, Notification } from "../../services/contract/index.ts";
import { echo, gated, refuse } from "../support/actions.ts";
import { refused } from "../support/http.ts";
import type { JobClient } from "../support/job-client.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";
import { startReceiver } from "../support/webhook-receiver.ts";

interface Told {
  readonly jobId: string;
  readonly taskId: string;
  readonly outcome: unknown;
}

const told: Told[] = [];
/** Remembers what it is told, after having failed as often as the job's label says. */
const remember = action<{ outcome: { request?: { labels?: { fails?: string } } } }>({
  name: "remember",
  retry: { maxAttempts: 3, initialInterval: "10ms" },
  run: ({ input, attempt, jobId, taskId }) => {
    const fails = Number(input.outcome.request?.labels?.fails ?? 0);
    if (attempt <= fails) throw new Error(`attempt ${attempt} fails as asked`);
    told.push({ jobId, taskId, outcome: input.outcome });
  },
});
const giveUp = action({
  name: "give_up",
  run: () => {
    throw new TerminalError("nobody listens", { code: "NOBODY" });
  },
});
const work = gated();

const KEY = Buffer.alloc(32, 3);
const receiver = await startReceiver();
process.env["FANFOLD_WEBHOOK_ALLOW"] = receiver.host;
process.env["FANFOLD_WEBHOOK_SECRET"] = `whsec_${KEY.toString("base64")}`;

const { job, get, post, ingressUrl } = await startTestFanfold({
  actions: [echo, refuse, remember, giveUp, work],
  webhookRetry: { maxAttempts: 4, initialMs: 10, maxMs: 20, factor: 2, jitter: true },
});

const small = { action: "echo", fanout: { tasks: 2 } };

describe("a webhook", () => {
  it("is posted the outcome once the job has ended, and is signed", async () => {
    const hook = receiver.path();
    const one = job();
    const outcome = await one.run({ ...small, onComplete: [{ webhook: hook.url }] });
    const { headers, text, completion } = await hook.call();
    expect(completion).toEqual({
      type: "job.completed",
      timestamp: new Date(outcome.completedAt).toISOString(),
      data: outcome,
    });
    const id = String(headers["webhook-id"]);
    const at = String(headers["webhook-timestamp"]);
    expect(id).toMatch(new RegExp(`^${one.id}/1/[0-9a-f]{8}/job/0$`));
    expect(Math.abs(Number(at) - Date.now() / 1_000)).toBeLessThan(60);
    expect(headers["webhook-signature"]).toBe(
      `v1,${createHmac("sha256", KEY).update(`${id}.${at}.${text}`).digest("base64")}`,
    );
    expect(await settled(one)).toEqual([
      { webhook: hook.url, generation: 1, status: "DELIVERED", attempts: 1 },
    ]);
    expect(hook.calls()).toHaveLength(1);
  });

  it("is posted of a job that failed too", async () => {
    const hook = receiver.path();
    await job().run({ ...small, action: "refuse", onComplete: [{ webhook: hook.url }] });
    expect((await hook.call()).completion).toMatchObject({ data: { status: "FAILED" } });
  });

  it("that fails twice is sent again, with the same id", async () => {
    const hook = receiver.path(503, 429, 200);
    const one = job();
    await one.run({ ...small, onComplete: [{ webhook: hook.url }] });
    expect(await settled(one)).toEqual([
      { webhook: hook.url, generation: 1, status: "DELIVERED", attempts: 3 },
    ]);
    const ids = hook.calls().map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([ids[0], ids[0], ids[0]]);
    expect(new Set(hook.calls().map(({ text }) => text)).size).toBe(1);
  });

  it("that always fails is given up, and the job is none the worse", async () => {
    const hook = receiver.path(500);
    const one = job();
    const outcome = await one.run({ ...small, onComplete: [{ webhook: hook.url }] });
    expect(await settled(one)).toEqual([
      {
        webhook: hook.url,
        generation: 1,
        status: "UNDELIVERED",
        attempts: 4,
        error: "The receiver answered 500.",
      },
    ]);
    expect(hook.calls()).toHaveLength(4);
    expect(await one.outcome()).toEqual(outcome);
    expect(outcome).toMatchObject({ status: "SUCCEEDED" });
  });

  it("whose receiver is gone is given up at once", async () => {
    const hook = receiver.path(410);
    const one = job();
    await one.run({ ...small, onComplete: [{ webhook: hook.url }] });
    expect(await settled(one)).toMatchObject([{ status: "UNDELIVERED", attempts: 1 }]);
  });

  it("follows no redirect", async () => {
    const elsewhere = receiver.path();
    const hook = receiver.path({ status: 307, location: elsewhere.url });
    const one = job();
    await one.run({ ...small, onComplete: [{ webhook: hook.url }] });
    expect(await settled(one)).toMatchObject([
      { status: "UNDELIVERED", attempts: 4, error: "The receiver answered 307." },
    ]);
    expect(elsewhere.calls()).toEqual([]);
  });

  it("is not sent to a name that leads to a private address", async () => {
    const hook = receiver.path();
    const url = hook.url.replace("http://127.0.0.1", "https://localhost");
    const one = job();
    await one.run({ ...small, onComplete: [{ webhook: url }] });
    expect(await settled(one)).toMatchObject([
      {
        status: "UNDELIVERED",
        attempts: 1,
        error: expect.stringMatching(/^localhost leads to .* not public\.$/) as string,
      },
    ]);
  });

  it("tells of an end even when the job is to be forgotten at once", async () => {
    const hook = receiver.path();
    await job().run({ ...small, retention: 0, onComplete: [{ webhook: hook.url }] });
    expect((await hook.call()).completion).toMatchObject({ type: "job.completed" });
  });

  it("is not waited for", async () => {
    const hook = receiver.path(500);
    const one = job();
    await one.run({ ...small, onComplete: [{ webhook: hook.url }, { webhook: hook.url }] });
    const { notifications } = await one.status();
    expect(notifications?.map(({ webhook }) => webhook)).toEqual([hook.url, hook.url]);
    await settled(one);
  });
});

describe("a stage's webhook", () => {
  it("is posted the stage's outcome when the stage ends, while the job goes on", async () => {
    const [first, last] = [receiver.path(), receiver.path()];
    const one = job();
    await one.submit({
      fanout: { foreach: { as: "gate", items: [one.id] } },
      actionChain: [
        { action: "echo", onComplete: [{ webhook: first.url }] },
        { action: "gated", payload: { gate: one.id }, onComplete: [{ webhook: last.url }] },
      ],
    });
    const { headers, completion } = await first.call();
    expect(String(headers["webhook-id"])).toMatch(/\/0\/0$/);
    expect(completion).toMatchObject({ type: "stage.completed", data: { jobId: one.id } });
    expect((await one.status()).status).toBe("RUNNING");
    expect(last.calls()).toEqual([]);

    work.open(one.id);
    const { stages } = await one.outcome();
    expect(completion.data).toEqual({ jobId: one.id, generation: 1, stage: stages[0] });
    expect((await last.call()).completion.data).toEqual({
      jobId: one.id,
      generation: 1,
      stage: stages[1],
    });
    expect(await settled(one)).toEqual([
      { webhook: first.url, stage: 0, generation: 1, status: "DELIVERED", attempts: 1 },
      { webhook: last.url, stage: 1, generation: 1, status: "DELIVERED", attempts: 1 },
    ]);
  });
});

describe("an action that is told", () => {
  it("is given the outcome, as the one task of a job of its own", async () => {
    const one = job();
    const outcome = await one.run({ ...small, onComplete: [{ action: "remember" }] });
    expect(await settled(one)).toEqual([
      { action: "remember", generation: 1, status: "DELIVERED", attempts: 1 },
    ]);
    const [{ jobId, taskId, outcome: given } = missing()] = toldOf(one);
    expect(given).toEqual(outcome);
    expect(jobId).toMatch(new RegExp(`^${one.id}:notify:[0-9a-f]{8}:1:job:0$`));
    expect(taskId).toBe(`${jobId}/0/0`);
    const own = await job(jobId).status();
    expect(own).toMatchObject({ status: "SUCCEEDED", labels: { notifies: one.id } });
    expect(own.notifications).toBeUndefined();
  });

  it("is told of a stage", async () => {
    const one = job();
    const { stages } = await one.run({
      ...small,
      nextActions: [{ action: "echo", onComplete: [{ action: "remember" }] }],
    });
    await settled(one);
    const stage = { jobId: one.id, generation: 1, stage: stages[1] };
    expect(toldOf(one)).toMatchObject([{ outcome: stage }]);
  });

  it("is retried as its own definition says", async () => {
    const one = job();
    await one.run({ ...small, labels: { fails: "2" }, onComplete: [{ action: "remember" }] });
    expect(await settled(one)).toMatchObject([{ status: "DELIVERED", attempts: 3 }]);
    // What runs while its chunk is suspended runs again.
    expect(toldOf(one).length).toSatisfy((times) => (isReplayed ? times >= 1 : times === 1));
  });

  it("that fails is recorded, and the job is none the worse", async () => {
    const one = job();
    const onComplete = [{ action: "give_up" }, { action: "remember" }];
    await one.run({ ...small, labels: { fails: "3" }, onComplete });
    expect(await settled(one)).toEqual([
      {
        action: "give_up",
        generation: 1,
        status: "UNDELIVERED",
        attempts: 1,
        error: "NOBODY: nobody listens",
      },
      {
        action: "remember",
        generation: 1,
        status: "UNDELIVERED",
        attempts: 3,
        error: "TASK_FAILED: attempt 3 fails as asked",
      },
    ]);
    expect((await one.outcome()).status).toBe("SUCCEEDED");
  });

  it("is told of jobs with the longest ids", async () => {
    const one = job("x".repeat(128));
    await one.run({ ...small, onComplete: [{ action: "remember" }] });
    expect(await settled(one)).toMatchObject([{ status: "DELIVERED" }]);
    expect(toldOf(one)[0]?.jobId).toMatch(/^x{80}:[\w-]{43}$/);
  });

  it("is told again of a job that was purged and submitted again", async () => {
    const one = job();
    for (let round = 0; round < 2; round += 1) {
      await one.run({ ...small, onComplete: [{ action: "remember" }] });
      expect(await settled(one)).toMatchObject([{ status: "DELIVERED" }]);
      await one.purge();
    }
    expect(toldOf(one)).toHaveLength(2);
  });

  it("cannot be told more than a request may hold", async () => {
    const one = job();
    const payload = { text: "x".repeat(8 * 1024 * 1024 - 300) };
    const request = { action: "echo", payload, fanout: { tasks: 0 } };
    await one.run({ ...request, onComplete: [{ action: "remember" }] });
    expect(await settled(one)).toMatchObject([
      { status: "UNDELIVERED", attempts: 0, error: expect.stringContaining("larger") as string },
    ]);
  });
});

it("a job that tells nobody shows no notifications", async () => {
  const one = job();
  await one.run(small);
  expect(await one.status()).not.toHaveProperty("notifications");
});

it("a job that has told nobody yet shows none", async () => {
  const one = job();
  await one.submit({ action: "echo", open: true, onComplete: [{ action: "remember" }] });
  expect((await one.status()).notifications).toEqual([]);
  await one.seal();
  await settled(one);
});

const REFUSED: [string, JobRequest["onComplete"], object][] = [
  ["another scheme", [{ webhook: "ftp://example.com/" }], at("onComplete.0.webhook")],
  ["plain http", [{ webhook: "http://example.com/" }], at("onComplete.0.webhook")],
  ["credentials", [{ webhook: "https://user:word@example.com/" }], at("onComplete.0.webhook")],
  ["a private address", [{ webhook: "https://192.168.0.1/" }], at("onComplete.0.webhook")],
  ["the server itself", [{ webhook: ingressUrl }], at("onComplete.0.webhook")],
  ["a disguised address", [{ webhook: "https://0x7f.1/" }], at("onComplete.0.webhook")],
  ["an IPv6 address", [{ webhook: "https://[::ffff:10.0.0.1]/" }], at("onComplete.0.webhook")],
  ["no address", [{ webhook: "nowhere" }], at("onComplete.0.webhook")],
  ["9 receivers", Array.from({ length: 9 }, () => ({ action: "remember" })), at("onComplete")],
  ["an unknown action", [{ action: "nobody" }], { status: 422, code: "UNKNOWN_ACTION" }],
  ["a remote action", [{ action: "Crm/note" }], { status: 422, code: "UNKNOWN_ACTION" }],
];

it.each(REFUSED)(
  "refuses a receiver with %s, and starts nothing",
  async (_, onComplete, refusal) => {
    const one = job();
    for (const path of [one.path("submit"), "Jobs/submit", "Jobs/run", "Jobs/plan"]) {
      expect(await refused(post(path, { ...small, onComplete }))).toMatchObject(refusal);
    }
    expect(await refused(get(one.path("status")))).toMatchObject({ code: "JOB_NOT_FOUND" });
  },
);

it("refuses a stage's receiver by its place", async () => {
  const onComplete = [{ action: "remember" }, { webhook: "https://10.0.0.1/" }];
  const request = { ...small, nextActions: ["echo", { action: "echo", onComplete }] };
  expect(await refused(post("Jobs/submit", request))).toMatchObject(
    at("nextActions.1.onComplete.1.webhook"),
  );
});

// --- internal ---

function at(path: string) {
  const issues = [expect.objectContaining({ path })] as unknown;
  return { status: 400, code: "INVALID_REQUEST", issues };
}

/** The job's notifications, once none is on its way. */
async function settled(one: JobClient): Promise<Notification[]> {
  return vi.waitFor(
    async () => {
      const { notifications = [] } = await one.status();
      const left = notifications.filter(({ status }) => status === "PENDING");
      if (notifications.length === 0 || left.length > 0) throw new Error(JSON.stringify(left));
      return notifications;
    },
    { timeout: 20_000, interval: 50 },
  );
}

function toldOf(one: JobClient): Told[] {
  return told.filter(({ outcome }) => (outcome as { jobId: string }).jobId === one.id);
}

function missing(): never {
  throw new Error("nobody was told");
}

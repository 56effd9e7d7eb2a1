import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import { describe, expect, it, vi } from "vitest";
import { action, emit, fold, TerminalError } from "../../services/actions.ts";
import type { JobRequest } from "../../services/contract/index.ts";
import { waitForEvent } from "../../services/index.ts";
import {
  sendBegun,
  sendEventWaiter,
  sendExpire,
  sendFolded,
  sendFreed,
  sendNotified,
  sendReport,
  sendTimer,
  sendWaiter,
  sendWake,
} from "../../services/wire/calls.ts";
import { echo } from "../support/actions.ts";
import { eventually } from "../support/eventually.ts";
import { accepted, refused } from "../support/http.ts";
import type { JobClient } from "../support/job-client.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";
import { startReceiver } from "../support/webhook-receiver.ts";
import { report } from "../unit/support/reports.ts";

/** Every second task fails in the first generation; the others pass two on. */
const relapse = action({
  name: "relapse",
  run: ({ index, generation }) => {
    if (index % 2 === 1 && generation === 1) throw new TerminalError("not yet");
    return emit(index, { foreach: { items: [index, -index] } });
  },
});
const limited = action({
  name: "limited",
  limits: { concurrency: 50, rate: { tasks: 5_000, per: "1s" } },
  run: ({ input }) => input,
});
const total = fold<number>({ name: "total", init: 0, step: (acc, { index }) => acc + index });

/** Of its own calls nothing is kept. */
const client = restate.service({
  name: "Client",
  handlers: {
    wait: async (ctx: Context, jobId: string) => waitForEvent(ctx, jobId, "approved"),

    /** Whatever Fanfold may have to say to a job when that has been forgotten. */
    speakLate: async (ctx: Context, jobId: string) => {
      const awakeable = ctx.awakeable().id;
      const place = { jobId, epoch: "e1", generation: 1, stage: 0 };
      sendReport(ctx, jobId, report({ final: true }));
      sendBegun(ctx, jobId, { ...place, chunk: 0, invocation: awakeable, seq: 0 });
      sendFreed(ctx, jobId, { ...place, chunk: 0 });
      sendFolded(ctx, jobId, { ...place, at: 0, answer: { json: "1" } });
      sendTimer(ctx, jobId, { ...place, kind: "deadline" }, 0);
      sendExpire(ctx, jobId, place.epoch, 0);
      sendEventWaiter(ctx, jobId, { name: "approved", awakeable });
      sendWake(ctx, jobId, { epoch: place.epoch, name: "approved" });
      sendNotified(ctx, { ...place, n: 0 }, { status: "DELIVERED", attempts: 1 });
      sendWaiter(ctx, jobId, { epoch: place.epoch, id: awakeable });
      sendWaiter(ctx, jobId, { epoch: place.epoch, id: awakeable, leaves: true });
    },
  },
  options: { idempotencyRetention: 0, journalRetention: 0 },
});

const receiver = await startReceiver();
process.env["FANFOLD_WEBHOOK_ALLOW"] = receiver.host;
const { job, post, admin } = await startTestFanfold({
  actions: [echo, relapse, limited, total],
  services: [client],
});

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

/** A job that has something of everything that a job may have. */
const RICH: JobRequest = {
  actionChain: [
    { action: "relapse", fold: { action: "total" }, limits: { rate: { tasks: 1_000, per: "1s" } } },
    { action: "limited", fold: { stats: { path: "item" } } },
    "echo",
  ],
  payload: { text: "x".repeat(2_000) },
  fanout: { foreach: { items: upTo(200) } },
  open: true,
  delay: "50ms",
  sealBy: "1h",
  deadline: "1h",
};

describe("a job that is forgotten", () => {
  it("leaves nothing when its retention is over", async () => {
    await live(job(), { retention: "5s" });
    await expectNothingLeft();
  });

  it("leaves nothing when it is purged", async () => {
    const one = job();
    await live(one);
    await eventually(async () => expect(await listings()).toContain(one.id));
    await one.purge();
    await expectNothingLeft();
  });

  it("leaves nothing of tasks that never started, nor of a start that is an hour away", async () => {
    const one = job();
    const limits = { rate: { tasks: 1, per: "1h" } };
    await one.submit({ action: "echo", fanout: { tasks: 2 }, open: true, limits });
    await eventually(async () => {
      expect((await one.why()).blockers).toContainEqual(expect.objectContaining({ kind: "rate" }));
    });
    for (const n of upTo(200)) await one.append({ fanout: { foreach: { items: [n] } } });
    await one.cancel();
    await one.outcome();
    expect(await keysOf(one)).toContainEqual(expect.stringContaining("page/0/"));
    await one.purge();
    await expectNothingLeft();
  });

  it("leaves what its receivers were told, as jobs of their own", async () => {
    const one = job();
    const onComplete = [{ webhook: receiver.path().url }, { action: "echo" }];
    await live(one, { onComplete });
    await eventually(async () => {
      const { notifications } = await one.status();
      expect(notifications?.filter(({ status }) => status === "PENDING")).toEqual([]);
    });
    await one.purge();
    await eventually(async () => expect(await keysOf(one)).toEqual([]));
    const rows = await admin.query(`select distinct service_key as key from state
      where service_name = 'Job'`);
    const told = rows.map(({ key }) => String(key));
    expect(told).not.toEqual([]);
    for (const id of told) {
      expect(id).toMatch(new RegExp(`^${one.id}:notify:`));
      await job(id).purge();
    }
    await expectNothingLeft();
  });

  it("is not there again for what is said to it late", async () => {
    await accepted(post("Client/speakLate", "forgotten"));
    await expectNothingLeft();
  });
});

// --- internal ---

/** All that a client can do with a job. */
async function live(one: JobClient, more: Partial<JobRequest> = {}): Promise<void> {
  await one.submit({ ...RICH, ...more });
  const event = accepted(post("Client/wait", one.id));
  const append = { fanout: { foreach: { items: upTo(100) } }, appendId: "more" };
  await one.append(append);
  await one.append(append);
  await one.setCustomStatus("half way");
  await one.setLimits({ stage: 1, concurrency: 20 });
  await refused(post(one.path("outcome"), { wait: "1ms" }));
  await one.pause();
  await one.raiseEvent({ name: "approved", payload: 7 });
  expect(await event).toBe(7);
  await one.resume();
  await one.seal();
  expect(await one.outcome()).toMatchObject({ status: "FAILED", taskCounts: { FAILED: 150 } });
  await one.redrive({ only: "failed" });
  expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 1_500 } });
}

const keysOf = async ({ id }: JobClient) =>
  (
    await admin.query(
      `select key from state where service_key = '${id}' or service_key like '${id}/%'`,
    )
  ).map(({ key }) => String(key));

/** All that the list has. */
const listings = async () =>
  JSON.stringify(await admin.query("select value_utf8 from state where service_name = 'Listing'"));

/** Where the server keeps things, and how they are shown when something is left. */
const TABLES = {
  state: "service_name, service_key, key",
  sys_invocation: "target, status",
  sys_inbox: "service_name, service_key",
  sys_journal: "id, entry_type",
  sys_promise: "service_name, service_key",
};

async function expectNothingLeft(): Promise<void> {
  const look = async () => {
    for (const [table, columns] of Object.entries(TABLES)) {
      expect({ table, rows: await admin.query(`select ${columns} from ${table}`) }).toEqual({
        table,
        rows: [],
      });
    }
  };
  await vi.waitFor(look, { timeout: 20_000, interval: 500 });
}

import * as restate from "@restatedev/restate-sdk";
import { RestatePromise, TerminalError, type Context } from "@restatedev/restate-sdk";
import { describe, expect, it, vi } from "vitest";
import { waitForEvent } from "../../services/index.ts";
import { echo } from "../support/actions.ts";
import { accepted, refused } from "../support/http.ts";
import type { JobClient } from "../support/job-client.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

/** What somebody who writes handlers does with events. */
const waiting = restate.service({
  name: "Waiting",
  handlers: {
    one: async (ctx: Context, { jobId, name }: Awaited) => waitForEvent(ctx, jobId, name),

    first: async (ctx: Context, { jobId, names }: { jobId: string; names: string[] }) =>
      RestatePromise.race(
        names.map((name) => waitForEvent(ctx, jobId, name).map((payload) => ({ name, payload }))),
      ),

    many: async (ctx: Context, { jobId, name, times }: Awaited & { times: number }) => {
      const events = Array.from({ length: times }, () => waitForEvent<number>(ctx, jobId, name));
      let sum = 0;
      for (const event of events) sum += await event;
      return sum;
    },

    caught: async (ctx: Context, { jobId, name }: Awaited) => {
      try {
        return await waitForEvent(ctx, jobId, name);
      } catch (error) {
        if (error instanceof TerminalError) return error.metadata;
        throw error;
      }
    },
  },
});

interface Awaited {
  readonly jobId: string;
  readonly name: string;
}

const { job, post } = await startTestFanfold({ actions: [echo], services: [waiting] });
const ask = (handler: string, body: object) => accepted(post(`Waiting/${handler}`, body));

/** A job that runs until it is sealed. */
async function openJob(): Promise<JobClient> {
  const one = job();
  await one.submit({ action: "echo", open: true });
  return one;
}

/** Resolves when so many wait for the event. */
async function waitersOf(one: JobClient, name: string, waiters: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const { blockers } = await one.why();
      const blocker = blockers.find(({ kind }) => kind === "event");
      expect(blocker?.["events"]).toContainEqual({ name, waiters });
    },
    { timeout: 20_000, interval: 50 },
  );
}

describe("an event", () => {
  it("raised early is there for who waits later, again and again", async () => {
    const one = await openJob();
    const payload = { by: "Ada", at: [1, null] };
    expect(await one.raiseEvent({ name: "approved", payload })).toEqual({
      jobId: one.id,
      status: "RUNNING",
      generation: 1,
    });
    const asked = { jobId: one.id, name: "approved" };
    expect(await ask("one", asked)).toEqual(payload);
    expect(await ask("one", asked)).toEqual(payload);
    await finish(one);
  });

  it("raised late wakes everybody who waits for it", async () => {
    const one = await openJob();
    const asked = { jobId: one.id, name: "approved" };
    const answers = [ask("one", asked), ask("one", asked)];
    await waitersOf(one, "approved", 2);
    await one.raiseEvent({ name: "approved", payload: 7 });
    expect(await Promise.all(answers)).toEqual([7, 7]);
    expect((await one.why()).blockers.map(({ kind }) => kind)).not.toContain("event");
    await finish(one);
  });

  it("carries null when it has no payload", async () => {
    const one = await openJob();
    await one.raiseEvent({ name: "go" });
    expect(await ask("one", { jobId: one.id, name: "go" })).toBeNull();
    await one.raiseEvent({ name: "go", payload: null });
    await finish(one);
  });

  it("wakes only who waits for it", async () => {
    const one = await openJob();
    const other = ask("one", { jobId: one.id, name: "constructor" });
    await waitersOf(one, "constructor", 1);
    await one.raiseEvent({ name: "__proto__", payload: 1 });
    expect(await ask("one", { jobId: one.id, name: "__proto__" })).toBe(1);
    await waitersOf(one, "constructor", 1);
    await one.raiseEvent({ name: "constructor", payload: 2 });
    expect(await other).toBe(2);
    await finish(one);
  });

  it("is a promise that Restate's combinators take", async () => {
    const one = await openJob();
    const answer = ask("first", { jobId: one.id, names: ["approved", "rejected"] });
    await waitersOf(one, "approved", 1);
    await waitersOf(one, "rejected", 1);
    await one.raiseEvent({ name: "rejected", payload: "no" });
    expect(await answer).toEqual({ name: "rejected", payload: "no" });
    await finish(one);
  });

  it("wakes hundreds, a page at a time", async () => {
    const one = await openJob();
    const answer = ask("many", { jobId: one.id, name: "number", times: 250 });
    await waitersOf(one, "number", 250);
    await one.raiseEvent({ name: "number", payload: 2 });
    expect(await answer).toBe(500);
    await finish(one);
  });

  it("may be raised again with the same payload, in any order of keys", async () => {
    const one = await openJob();
    await one.raiseEvent({ name: "go", payload: { a: 1, b: "1s" } });
    await one.raiseEvent({ name: "go", payload: { b: "1s", a: 1 } });
    for (const payload of [{ a: 1 }, { a: 1, b: 1_000 }, null, [{ a: 1, b: "1s" }]]) {
      expect(await refused(post(one.path("raiseEvent"), { name: "go", payload }))).toMatchObject({
        status: 409,
        code: "EVENT_EXISTS",
      });
    }
    expect(await ask("one", { jobId: one.id, name: "go" })).toEqual({ a: 1, b: "1s" });
    await finish(one);
  });

  it("of one job is none of another's", async () => {
    const [one, other] = [await openJob(), await openJob()];
    await one.raiseEvent({ name: "go", payload: 1 });
    await other.raiseEvent({ name: "go", payload: 2 });
    expect(await ask("one", { jobId: other.id, name: "go" })).toBe(2);
    await finish(one);
    await finish(other);
  });

  // One replay after another of the same short handler.
  it.skipIf(isReplayed)("number 1,001 of a job is refused", async () => {
    const one = await openJob();
    const names = Array.from({ length: 1_000 }, (_, at) => `e${at}`);
    for (let first = 0; first < names.length; first += 50) {
      await Promise.all(names.slice(first, first + 50).map((name) => one.raiseEvent({ name })));
    }
    expect(await refused(post(one.path("raiseEvent"), { name: "more" }))).toMatchObject({
      status: 400,
      code: "INVALID_REQUEST",
      issues: [{ path: "name" }],
    });
    await one.raiseEvent({ name: "e7" });
    await finish(one);
  });
});

describe("the end of a job", () => {
  it("wakes who waits for what will not come", async () => {
    const one = await openJob();
    const answers = [
      ask("caught", { jobId: one.id, name: "a" }),
      ask("caught", { jobId: one.id, name: "b" }),
    ];
    await waitersOf(one, "a", 1);
    await waitersOf(one, "b", 1);
    await finish(one);
    expect(await Promise.all(answers)).toEqual([{ code: "JOB_ENDED" }, { code: "JOB_ENDED" }]);
    expect(await one.why()).toEqual({ blockers: [] });
  });

  it("keeps the events that were raised, and takes no more", async () => {
    const one = await openJob();
    await one.raiseEvent({ name: "go", payload: 1 });
    await finish(one);
    expect(await ask("one", { jobId: one.id, name: "go" })).toBe(1);
    expect(await ask("caught", { jobId: one.id, name: "other" })).toEqual({ code: "JOB_ENDED" });
    for (const name of ["go", "other"]) {
      expect(await refused(post(one.path("raiseEvent"), { name, payload: 1 }))).toMatchObject({
        status: 409,
        code: "JOB_ENDED",
      });
    }
  });
});

describe("waitForEvent", () => {
  it("rejects with what a caller can branch on", async () => {
    const answer = await refused(post("Waiting/one", { jobId: "nobody", name: "go" }));
    expect(answer).toMatchObject({ status: 404, code: "JOB_NOT_FOUND" });
  });

  it.each([
    [{ jobId: "nobody", name: "a b" }, "INVALID_REQUEST"],
    [{ jobId: "nobody", name: "" }, "INVALID_REQUEST"],
    [{ jobId: "a b", name: "go" }, "INVALID_JOB_ID"],
    [{ jobId: "", name: "go" }, "INVALID_JOB_ID"],
  ])("does not wait for %j", async (asked, code) => {
    expect(await ask("caught", asked)).toMatchObject({ code });
  });
});

describe("a custom status", () => {
  it("is shown until it is taken away", async () => {
    const one = await openJob();
    expect(await one.status()).not.toHaveProperty("customStatus");
    expect(await one.setCustomStatus("half way ½")).toMatchObject({ status: "RUNNING" });
    expect((await one.status()).customStatus).toBe("half way ½");
    await one.setCustomStatus("x".repeat(1_000));
    expect((await one.status()).customStatus).toBe("x".repeat(1_000));
    await one.setCustomStatus(null);
    expect(await one.status()).not.toHaveProperty("customStatus");
    await one.setCustomStatus("again");
    await one.setCustomStatus("");
    expect(await one.status()).not.toHaveProperty("customStatus");
    await finish(one);
  });

  it("stays as it was at the end of the job", async () => {
    const one = await openJob();
    await one.setCustomStatus("done");
    await finish(one);
    expect(await refused(post(one.path("setCustomStatus"), { text: "more" }))).toMatchObject({
      status: 409,
      code: "JOB_ENDED",
    });
    expect((await one.status()).customStatus).toBe("done");
  });
});

// --- internal ---

async function finish(one: JobClient): Promise<void> {
  await one.seal();
  expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED" });
}

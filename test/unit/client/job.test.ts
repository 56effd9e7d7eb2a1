import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Ask, Question } from "../../../clients/client/ask.ts";
import { FanfoldError } from "../../../clients/client/error.ts";
import { openJob, type Job } from "../../../clients/client/job.ts";
import { gather } from "../../support/gather.ts";
import { fakeAsk } from "../support/fake-ask.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("outcome", () => {
  it("asks again for as long as the job runs", async () => {
    const { ask, asked } = fakeAsk((_handler, _request, call) => {
      if (call < 5) throw new FanfoldError("STILL_RUNNING", "Not yet.", { status: 408 });
      return { status: "SUCCEEDED" };
    });
    expect(await openJob("a", ask).outcome()).toEqual({ status: "SUCCEEDED" });
    expect(asked.length).toBe(5);
    expect(asked[0]).toEqual({ handler: "outcome", request: { wait: "50s" } });
  });

  it("ends with any other refusal", async () => {
    const { ask } = fakeAsk(() => {
      throw new FanfoldError("JOB_NOT_FOUND", "There is no such job.");
    });
    await expect(openJob("a", ask).outcome()).rejects.toThrow("no such job");
  });
});

describe("watch", () => {
  const goesThrough = (...states: string[]) =>
    fakeAsk((_handler, _request, call) => ({ status: states[call - 1], stages: [] }));

  /** Milliseconds from one answer to the next question, where each answer takes so long to come. */
  async function restOf(tookMs: number, etaMs: number | null): Promise<number> {
    const { ask } = fakeAsk((_handler, _request, call) => ({
      status: call === 1 ? "RUNNING" : "SUCCEEDED",
      stages: [{ etaMs: 0 }, { etaMs }],
    }));
    const slowly: typeof ask = async (...question) => {
      await new Promise((resolve) => setTimeout(resolve, tookMs));
      return ask(...question);
    };
    const begun = Date.now();
    const watched = gather(openJob("a", slowly).watch());
    await vi.runAllTimersAsync();
    await watched;
    return Date.now() - begun - 2 * tookMs;
  }

  it("gives a status a second, and the end last", async () => {
    const { ask } = goesThrough("SCHEDULED", "RUNNING", "PAUSED", "RUNNING", "FAILED");
    const begun = Date.now();
    const watched = gather(openJob("a", ask).watch());
    await vi.runAllTimersAsync();
    const seen = (await watched).map(({ status }) => status);
    expect(seen).toEqual(["SCHEDULED", "RUNNING", "PAUSED", "RUNNING", "FAILED"]);
    expect(Date.now() - begun).toBe(4_000);
  });

  it("rests longer where answers take their time, for ten seconds at most", async () => {
    expect(await restOf(30, null)).toBe(6_000);
    expect(await restOf(400, null)).toBe(10_000);
  });

  it("asks again when the job is expected to end, but not within a second", async () => {
    expect(await restOf(30, 1_500)).toBe(1_500);
    expect(await restOf(30, 200)).toBe(1_000);
  });

  it("waits as long between two as it is told", async () => {
    const { ask } = goesThrough("RUNNING", "CANCELLED");
    const begun = Date.now();
    const watched = gather(openJob("a", ask).watch({ everyMs: 50 }));
    await vi.runAllTimersAsync();
    await watched;
    expect(Date.now() - begun).toBe(50);
  });

  it("ends when it is aborted between two", async () => {
    const { ask } = goesThrough("RUNNING");
    const aborter = new AbortController();
    const watched = gather(openJob("a", ask).watch({ signal: aborter.signal }));
    const caught = expect(watched).rejects.toThrow("enough");
    await vi.advanceTimersByTimeAsync(10);
    aborter.abort(new Error("enough"));
    await caught;
    expect(vi.getTimerCount()).toBe(0);
  });
});

it("reads a timeline page by page", async () => {
  const { ask, asked } = fakeAsk((_handler, _request, call) => ({
    chunks: [call],
    cursor: call < 3 ? String(call) : null,
  }));
  expect(await gather(openJob("a", ask).timeline({ stage: 1 }))).toEqual([1, 2, 3]);
  expect(asked.map(({ request }) => request)).toEqual([
    { stage: 1, cursor: null },
    { stage: 1, cursor: "1" },
    { stage: 1, cursor: "2" },
  ]);
});

describe("every other call", () => {
  const { signal } = new AbortController();
  const calls: [handler: string, call: (job: Job) => Promise<unknown>, sent: Question][] = [
    ["status", (job) => job.status({ signal }), {}],
    ["why", (job) => job.why({ signal }), {}],
    ["verify", (job) => job.verify({ signal }), {}],
    ["seal", (job) => job.seal({ signal }), { body: "{}" }],
    ["pause", (job) => job.pause({ signal }), { body: "{}" }],
    ["resume", (job) => job.resume({ signal }), { body: "{}" }],
    ["cancel", (job) => job.cancel({ reason: "r" }, { signal }), { body: '{"reason":"r"}' }],
    ["cancel", (job) => job.cancel(undefined, { signal }), { body: "{}" }],
    [
      "setLimits",
      (job) => job.setLimits({ concurrency: 5 }, { signal }),
      { body: '{"concurrency":5}' },
    ],
    ["raiseEvent", (job) => job.raiseEvent({ name: "e" }, { signal }), { body: '{"name":"e"}' }],
    ["setCustomStatus", (job) => job.setCustomStatus("t", { signal }), { body: '{"text":"t"}' }],
  ];

  it.each(calls)(
    "%s sends what the contract says, with the signal",
    async (handler, call, sent) => {
      const questions: [string, Question][] = [];
      const ask: Ask = async (asked, question) => {
        questions.push([asked, { repetition: "repeatable", ...question }]);
        return "answer" as never;
      };
      expect(await call(openJob("a", ask))).toBe("answer");
      expect(questions).toEqual([[handler, { repetition: "repeatable", ...sent, signal }]]);
    },
  );

  it.each<[string, (job: Job) => Promise<unknown>, string]>([
    ["redrive", (job) => job.redrive({ only: "failed" }, { signal }), '{"only":"failed"}'],
    ["purge", (job) => job.purge({ signal }), "{}"],
  ])("%s is sent once, when the job has been found", async (handler, call, body) => {
    const questions: unknown[] = [];
    const ask: Ask = async (...question) => {
      questions.push(question);
      return "answer" as never;
    };
    expect(await call(openJob("a", ask))).toBe("answer");
    expect(questions).toEqual([
      ["status", { signal }],
      [handler, { body, repetition: "once", signal }],
    ]);
  });
});

import { describe, expect, it, vi } from "vitest";
import { action } from "../../services/actions.ts";
import type { Fanout, JobStatus } from "../../services/contract/index.ts";
import { echo, gated, nap, refuse } from "../support/actions.ts";
import { refused } from "../support/http.ts";
import type { JobClient } from "../support/job-client.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const gate = gated();
const secondTime = action({
  name: "second_time",
  run: ({ attempt }) => {
    if (attempt === 1) throw new Error("not yet");
    return attempt;
  },
});
const { job, post } = await startTestFanfold({ actions: [echo, nap, refuse, gate, secondTime] });

/** An open job of `echo` without a task. */
async function openJob(): Promise<JobClient> {
  const one = job();
  await one.submit({ action: "echo", open: true });
  return one;
}

const kinds = async (one: JobClient) => (await one.why()).blockers.map(({ kind }) => kind);
const deadline = { timeout: 20_000, interval: 50 };

describe("an open job", () => {
  it("may begin with nothing, is fed while it runs, and ends when it is sealed", async () => {
    const one = await openJob();
    expect(await one.status()).toMatchObject({
      status: "RUNNING",
      sealed: false,
      stages: [{ sealed: false, percent: 0, etaMs: null, counts: { total: 0 } }],
    });
    const appends: [Fanout, number, number][] = [
      [{ foreach: { items: ["a", "b"] } }, 2, 2],
      [{ range: { as: "n", start: 3, stop: 1, step: -1 } }, 3, 5],
      [{ tasks: 2 }, 2, 7],
      [{ foreach: { as: "few", items: [1, 2, 3], batch: 2 } }, 2, 9],
      [{ foreach: { items: [] } }, 0, 9],
      [{ tasks: 0 }, 0, 9],
      [{ range: { start: 1, stop: 0 } }, 0, 9],
    ];
    for (const [fanout, accepted, total] of appends) {
      expect(await one.append({ fanout })).toEqual({ accepted, total });
    }
    await vi.waitFor(async () => {
      expect((await one.status()).stages[0]?.counts.succeeded).toBe(9);
    }, deadline);
    expect(await refused(post(one.path("outcome"), { wait: "20ms" }))).toMatchObject({
      status: 408,
    });
    expect(await one.seal()).toMatchObject({ jobId: one.id, generation: 1 });
    const outcome = await one.outcome();
    expect(outcome).toMatchObject({ status: "SUCCEEDED", taskCounts: { total: 9 } });
    const inputs = (await one.allResults()).map(({ result }) => result);
    expect(inputs).toEqual([
      { item: "a" },
      { item: "b" },
      { n: 3 },
      { n: 2 },
      { n: 1 },
      {},
      {},
      { few: [1, 2] },
      { few: [3] },
    ]);
    expect(outcome.result).toEqual(inputs.map((value) => ({ ok: true, value })));
    expect(await one.verify()).toMatchObject({ ok: true, checked: 9 });
  });

  it("adds what is appended to the fan-out it began with", async () => {
    const one = job();
    await one.submit({ action: "echo", open: true, fanout: { range: { start: 1, stop: 2 } } });
    expect(await one.append({ fanout: { range: { start: 3, stop: 3 } } })).toEqual({
      accepted: 1,
      total: 3,
    });
    await one.seal();
    const inputs = (await one.outcome(), await one.allResults()).map(({ result }) => result);
    expect(inputs).toEqual([{ item: 1 }, { item: 2 }, { item: 3 }]);
  });

  it("gives every task of appends that come at once an index of its own, in the order of the answers", async () => {
    const one = await openJob();
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const items = Array.from({ length: 5 }, (_unused, at) => ({ n, at }));
        return { n, ...(await one.append({ fanout: { foreach: { items } } })) };
      }),
    );
    await one.seal();
    await one.outcome();
    const outcomes = await one.allResults();
    expect(outcomes.length).toBe(100);
    for (const { n, total } of answers) {
      const own = outcomes.slice(total - 5, total).map(({ result }) => result);
      expect(own).toEqual(Array.from({ length: 5 }, (_, at) => ({ item: { n, at } })));
    }
  });

  it("feeds later stages too, which stay unsealed until it is sealed", async () => {
    const one = job();
    await one.submit({ action: "echo", open: true, nextActions: ["echo"] });
    await one.append({ fanout: { tasks: 3 } });
    await vi.waitFor(async () => {
      const { stages } = await one.status();
      expect(stages.map(({ counts }) => counts.succeeded)).toEqual([3, 3]);
      expect(stages.map(({ sealed, status }) => [sealed, status])).toEqual([
        [false, "RUNNING"],
        [false, "RUNNING"],
      ]);
    }, deadline);
    await one.append({ fanout: { tasks: 2 } });
    await one.seal();
    expect(await one.outcome()).toMatchObject({
      status: "SUCCEEDED",
      stages: [{ taskCounts: { total: 5 } }, { taskCounts: { total: 5 } }],
    });
  });

  it("that is sealed with nothing in it has succeeded", async () => {
    const one = await openJob();
    await one.seal();
    expect(await one.outcome()).toMatchObject({
      status: "SUCCEEDED",
      taskCounts: { total: 0 },
      result: [],
    });
  });

  it("takes 10,000 items a call and not one more", async () => {
    const one = await openJob();
    const items = Array.from({ length: 10_000 }, (_, n) => n);
    expect(await one.append({ fanout: { foreach: { items } } })).toEqual({
      accepted: 10_000,
      total: 10_000,
    });
    const more = { fanout: { foreach: { items: [...items, 0] } } };
    expect(await refused(post(one.path("append"), more))).toMatchObject({
      status: 400,
      code: "INVALID_REQUEST",
      issues: [{ path: "fanout.foreach.items" }],
    });
    await one.seal();
    expect(await one.outcome()).toMatchObject({ taskCounts: { total: 10_000, SUCCEEDED: 10_000 } });
  });
});

describe("an appendId", () => {
  const fanout: Fanout = { foreach: { items: [{ a: 1, b: 2 }] } };

  it("makes an append safe to repeat, also after later ones, the seal and the end", async () => {
    const one = await openJob();
    const first = await one.append({ fanout, appendId: "first" });
    expect(first).toEqual({ accepted: 1, total: 1 });
    const again = () =>
      one.append({ fanout: { foreach: { items: [{ b: 2, a: 1 }] } }, appendId: "first" });
    expect(await again()).toEqual(first);
    expect(await one.append({ fanout, appendId: "second" })).toEqual({ accepted: 1, total: 2 });
    expect(await again()).toEqual(first);
    await one.seal();
    expect(await again()).toEqual(first);
    expect(await one.outcome()).toMatchObject({ taskCounts: { total: 2 } });
    expect(await again()).toEqual(first);
  });

  it("is added once when it comes many times at once", async () => {
    const one = await openJob();
    const append = () => one.append({ fanout: { tasks: 3 }, appendId: "a/b c" });
    const answers = await Promise.all(Array.from({ length: 10 }, append));
    expect(answers).toEqual(answers.map(() => ({ accepted: 3, total: 3 })));
    await one.seal();
    expect((await one.outcome()).taskCounts.total).toBe(3);
  });

  it("with other content is APPEND_CONFLICT, in any state", async () => {
    const one = await openJob();
    await one.append({ fanout, appendId: "one" });
    const conflict = () =>
      refused(post(one.path("append"), { fanout: { tasks: 1 }, appendId: "one" }));
    expect(await conflict()).toMatchObject({ status: 409, code: "APPEND_CONFLICT" });
    await one.seal();
    expect(await conflict()).toMatchObject({ status: 409, code: "APPEND_CONFLICT" });
    expect(await one.outcome()).toMatchObject({ taskCounts: { total: 1 } });
    expect(await conflict()).toMatchObject({ status: 409, code: "APPEND_CONFLICT" });
  });

  it("of a refused append is free", async () => {
    const one = await openJob();
    await refused(post(one.path("append"), { fanout: { tasks: -1 }, appendId: "x" }));
    expect(await one.append({ fanout, appendId: "x" })).toEqual({ accepted: 1, total: 1 });
    await one.seal();
    await one.outcome();
  });
});

describe("append", () => {
  const append = (one: JobClient) => refused(post(one.path("append"), { fanout: { tasks: 1 } }));

  it("is refused by a sealed job that runs, and by one that was never open", async () => {
    const one = job();
    await one.submit({
      action: "gated",
      payload: { gate: one.id },
      fanout: { tasks: 1 },
      open: true,
    });
    const closed = job();
    await closed.submit({ action: "gated", payload: { gate: one.id }, fanout: { tasks: 1 } });
    await one.seal();
    for (const sealed of [one, closed]) {
      expect(await append(sealed)).toMatchObject({ status: 409, code: "JOB_SEALED" });
    }
    gate.open(one.id);
    for (const sealed of [one, closed]) {
      expect((await sealed.outcome()).taskCounts.total).toBe(1);
      expect(await append(sealed)).toMatchObject({ status: 409, code: "JOB_ENDED" });
    }
  });
});

describe("seal", () => {
  it("is repeated without effect, also after the end", async () => {
    const one = job();
    await one.submit({
      action: "gated",
      payload: { gate: one.id },
      fanout: { tasks: 1 },
      open: true,
    });
    for (let times = 0; times < 3; times += 1) {
      expect(await one.seal()).toEqual({ jobId: one.id, status: "RUNNING", generation: 1 });
    }
    gate.open(one.id);
    const outcome = await one.outcome();
    expect(await one.seal()).toEqual({ jobId: one.id, status: "SUCCEEDED", generation: 1 });
    expect(await one.outcome()).toEqual(outcome);
  });

  it("of a job that was never open changes nothing", async () => {
    const one = job();
    const { status } = await one.run({ action: "echo", fanout: { tasks: 1 } });
    expect(await one.seal()).toMatchObject({ status });
  });
});

describe("why", () => {
  it("says unsealed, running and upstream while that is so, and nothing at the end", async () => {
    const one = job();
    await one.submit({
      action: "echo",
      open: true,
      nextActions: ["gated"],
      payload: { gate: one.id },
    });
    expect(await one.why()).toMatchObject({
      blockers: [
        { kind: "unsealed", stage: 0, message: expect.stringContaining("sealed") },
        { kind: "upstream", stage: 1 },
      ],
    });
    await one.append({ fanout: { tasks: 2 } });
    await vi.waitFor(async () => {
      expect(await kinds(one)).toEqual(["unsealed", "upstream", "running"]);
    }, deadline);
    await one.seal();
    await vi.waitFor(async () => expect(await kinds(one)).toEqual(["running"]), deadline);
    gate.open(one.id);
    await one.outcome();
    expect(await one.why()).toEqual({ blockers: [] });
  });

  it("says retrying, and when the next attempt comes", async () => {
    const one = job();
    const retry = { maxAttempts: 2, initialInterval: "4s", jitter: false };
    await one.submit({ action: "second_time", fanout: { tasks: 3 }, retry });
    await vi.waitFor(async () => {
      expect((await one.why()).blockers).toMatchObject([
        { kind: "retrying", stage: 0, count: 3, nextRetryAt: expect.any(Number) as number },
      ]);
      expect((await one.status()).stages[0]?.counts).toMatchObject({ retrying: 3, running: 0 });
    }, deadline);
    expect(await one.outcome()).toMatchObject({ status: "SUCCEEDED", receipt: { retries: 3 } });
  });

  it("says pending and running", async () => {
    const one = job();
    await one.submit({
      action: "gated",
      payload: { gate: one.id },
      fanout: { tasks: 5 },
      limits: { concurrency: 1 },
    });
    await vi.waitFor(async () => {
      expect((await one.why()).blockers).toMatchObject([
        { kind: "pending", stage: 0 },
        { kind: "running", stage: 0 },
      ]);
    }, deadline);
    gate.open(one.id);
    await one.outcome();
  });
});

describe("status", () => {
  it("adds up at every moment, and never goes back", async () => {
    const one = job();
    await one.submit({
      action: "nap",
      payload: { ms: 30 },
      fanout: { tasks: 100 },
      open: true,
      nextActions: [{ action: "nap", limits: { concurrency: 7 } }],
      limits: { concurrency: 10 },
      labels: { a: "b" },
    });
    const seen: JobStatus[] = [];
    let appended = 0;
    do {
      seen.push(await one.status());
      if (appended < 5)
        await one.append({ fanout: { tasks: 20 }, appendId: String((appended += 1)) });
      else await one.seal();
    } while (seen.at(-1)?.status === "RUNNING");

    for (const [at, status] of seen.entries()) {
      for (const stage of status.stages) {
        const { total, pending, running, retrying, succeeded, failed, cancelled } = stage.counts;
        expect(pending + running + retrying + succeeded + failed + cancelled).toBe(total);
        expect(
          Math.min(pending, running, retrying, succeeded, failed, cancelled),
        ).toBeGreaterThanOrEqual(0);
        expect(running).toBeLessThanOrEqual(stage.concurrency);
        const ended = succeeded + failed + cancelled;
        const isWhole = stage.sealed && ended === total;
        expect(stage.percent).toBe(isWhole ? 100 : Math.floor((100 * ended) / Math.max(1, total)));
        const before = seen[at - 1]?.stages[stage.stage]?.counts;
        if (!before) continue;
        expect(total).toBeGreaterThanOrEqual(before.total);
        expect(succeeded).toBeGreaterThanOrEqual(before.succeeded);
      }
      expect(status.labels).toEqual({ a: "b" });
    }
    expect(seen.at(-1)).toMatchObject({
      status: "SUCCEEDED",
      sealed: true,
      stages: [
        { status: "SUCCEEDED", percent: 100, counts: { total: 200, succeeded: 200 } },
        { status: "SUCCEEDED", percent: 100, counts: { total: 200, succeeded: 200 } },
      ],
    });
  });

  it("shows how a failed job stands", async () => {
    const one = job();
    await one.run({ action: "refuse", fanout: { tasks: 3 } });
    expect(await one.status()).toMatchObject({
      status: "FAILED",
      stages: [{ status: "FAILED", percent: 100, counts: { total: 3, failed: 3, running: 0 } }],
    });
  });

  it("counts successes mid-job when the fold is count", async () => {
    const one = job();
    await one.submit({ action: "echo", fold: "count", open: true, fanout: { tasks: 4 } });
    await vi.waitFor(async () => expect((await one.status()).stages[0]?.fold).toBe(4), deadline);
    await one.seal();
    expect((await one.outcome()).result).toBe(4);
  });
});

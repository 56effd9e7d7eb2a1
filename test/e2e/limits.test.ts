import { describe, expect, it, vi } from "vitest";
import { durableAction } from "../../services/index.ts";
import { HORIZON_MS } from "../../services/limits/core/starts.ts";
import { busiest, pace, peak, watched } from "../support/spans.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

const free = watched("free");
const eight = watched("eight", { concurrency: 8 });
const paced = watched("paced", { rate: { tasks: 100, per: "1s" } });
const both = watched("both", { concurrency: 4, rate: { tasks: 50, per: "1s" } });
const one = watched("one", { concurrency: 1 });

/** The same as `free`, called. */
const called = durableAction<Parameters<typeof free.run>[0]["input"], number>({
  name: "called",
  run: async (_, task) => free.run(task, { signal: new AbortController().signal, ...silent }),
});
const silent = { log: () => undefined, progress: () => undefined };

const { job } = await startTestFanfold({ actions: [free, called, eight, paced, both, one] });

/** When the machine is busy some starts are late, by the horizon at most, and those after them are not. */
const most = (perSecond: number, ms: number) => (perSecond * (ms + HORIZON_MS)) / 1_000;

/** Every suspension stops what runs and starts it again: then only that all jobs end is promised. */
const live = it.skipIf(isReplayed);

describe("limits.rate of a job", () => {
  const limits = { rate: { tasks: 200, per: "1s" } };

  it("ends with every task's outcome", async () => {
    const paced = job();
    const outcome = await paced.run({ action: "free", fanout: { tasks: 60 }, limits });
    expect(outcome).toMatchObject({ status: "SUCCEEDED", taskCounts: { SUCCEEDED: 60 } });
    expect(await paced.verify()).toMatchObject({ ok: true, checked: 60 });
  });

  live("spaces the starts of all chunks evenly", async () => {
    const paced = job();
    await paced.run({ action: "free", payload: { ms: 100 }, fanout: { tasks: 1_000 }, limits });
    const spans = free.spansOf(paced.id);
    expect((await paced.allChunks(0)).length).toBeGreaterThan(1);
    // It goes on; how close it comes to the rate on a machine with time is the benchmark's to say.
    expect(pace(spans)).toBeGreaterThan(50);
    expect(busiest(spans, 4_000)).toBeLessThanOrEqual(1.05 * 800);
    expect(busiest(spans, 1_000)).toBeLessThanOrEqual(most(200, 1_000));
    expect(busiest(spans, 100)).toBeLessThanOrEqual(most(200, 100));
  });

  live("counts retries", async () => {
    const retrying = job();
    const retry = { initialInterval: "1ms", jitter: false };
    const payload = { failures: 2 };
    await retrying.run({ action: "free", payload, fanout: { tasks: 100 }, limits, retry });
    const spans = free.spansOf(retrying.id);
    expect(spans).toHaveLength(300);
    expect(busiest(spans, 1_000)).toBeLessThanOrEqual(most(200, 1_000));
  });

  live("is each stage's own, and may be lifted in one", async () => {
    const staged = job();
    const rate = { tasks: 20, per: "1s" };
    await staged.run({
      action: "free",
      fanout: { tasks: 30 },
      limits: { rate },
      nextActions: [{ action: "eight", limits: { rate: null } }, "free"],
    });
    const spans = free.spansOf(staged.id);
    expect(busiest(spans, 1_000)).toBeLessThanOrEqual(2 * most(20, 1_000));
    expect(peak(eight.spansOf(staged.id))).toBeLessThanOrEqual(8);
  });

  live("is changed while the job runs", async () => {
    const changing = job();
    const rate = (tasks: number) => ({ rate: { tasks, per: "1s" } });
    await changing.submit({ action: "free", fanout: { tasks: 160 }, limits: rate(20) });
    const spans = () => free.spansOf(changing.id);
    await vi.waitFor(() => expect(spans().length).toBeGreaterThan(20), { timeout: 10_000 });
    await changing.setLimits(rate(100));
    const from = performance.now();
    await vi.waitFor(() => expect(spans().length).toBeGreaterThan(100), { timeout: 10_000 });
    // A second until it is in force, and 100 tasks at most that were still to start.
    expect(performance.now() - from).toBeLessThan(2_500);
    await changing.setLimits({ rate: null });
    await changing.outcome();
    expect(spans()).toHaveLength(160);
    expect(await changing.verify()).toMatchObject({ ok: true });
  });

  live("is named by why", async () => {
    const slow = job();
    const rate = { tasks: 1, per: "2s" };
    await slow.submit({ action: "free", fanout: { tasks: 2 }, limits: { rate } });
    await vi.waitFor(
      async () => expect((await slow.why()).blockers).toContainEqual(waitsFor("rate", 1)),
      { timeout: 15_000 },
    );
    await slow.outcome();
  });
});

describe("limits.concurrency of a job", () => {
  live("holds over many chunks", async () => {
    const narrow = job();
    await narrow.run({
      action: "free",
      payload: { ms: 60 },
      fanout: { tasks: 600 },
      limits: { concurrency: 5 },
    });
    expect((await narrow.allChunks(0)).length).toBeGreaterThan(1);
    expect(peak(free.spansOf(narrow.id))).toBe(5);
  });
});

describe.each(["free", "called"])(
  "limits that are set while tasks of %s wait for retries",
  (name) => {
    const retry = { initialInterval: "2s", factor: 1, jitter: false };
    const request = {
      action: name,
      payload: { ms: 100, failures: 2 },
      fanout: { tasks: 10 },
      retry,
    };
    const rate = { tasks: 5, per: "1s" };

    /** What started after these were set when each task had begun once. */
    async function startedUnder(changed: Parameters<ReturnType<typeof job>["setLimits"]>[0]) {
      const running = job();
      await running.submit(request);
      const spans = () => free.spansOf(running.id);
      await vi.waitFor(() => expect(spans()).toHaveLength(10), { timeout: 10_000 });
      await running.setLimits(changed);
      const outcome = await running.outcome();
      expect(outcome).toMatchObject({ status: "SUCCEEDED", receipt: { retries: 20 } });
      return spans().slice(10);
    }

    live("space them if there was no rate before", async () => {
      const spans = await startedUnder({ rate });
      expect(spans).toHaveLength(20);
      expect(busiest(spans, 1_000)).toBeLessThanOrEqual(most(5, 1_000));
    });

    live("share fewer slots among them than they had", async () => {
      const spans = await startedUnder({ concurrency: 3 });
      expect(spans).toHaveLength(20);
      expect(peak(spans)).toBeLessThanOrEqual(3);
    });

    live("hold when the job goes on after a pause, and are lifted", async () => {
      const changing = job();
      await changing.submit(request);
      const spans = () => free.spansOf(changing.id);
      await vi.waitFor(() => expect(spans()).toHaveLength(10), { timeout: 10_000 });
      await changing.setLimits({ rate: { tasks: 1, per: "1s" } });
      await changing.pause();
      await changing.resume();
      await vi.waitFor(() => expect(spans().length).toBeGreaterThan(12), { timeout: 10_000 });
      expect(busiest(spans().slice(10), 1_000)).toBeLessThanOrEqual(2);
      await changing.setLimits({ rate: null });
      const from = performance.now();
      await changing.outcome();
      expect(performance.now() - from).toBeLessThan(5_000);
    });

    it("let every task come to its end", async () => {
      const changing = job();
      // Where every suspension is replayed, what runs meanwhile starts again: it must not last long.
      await changing.submit({ ...request, payload: { ms: 5, failures: 2 } });
      for (const limits of [
        { rate, concurrency: 2 },
        { rate: null },
        { concurrency: 50 },
        { rate },
      ]) {
        await changing.setLimits(limits);
      }
      expect(await changing.outcome()).toMatchObject({ status: "SUCCEEDED" });
      expect(await changing.verify()).toMatchObject({ ok: true, checked: 10 });
    });
  },
);

describe("limits of an action", () => {
  it("let every job that runs it come to its end", async () => {
    const jobs = [job(), job(), job()];
    for (const each of jobs) await each.submit({ action: "both", fanout: { tasks: 20 } });
    for (const each of jobs) {
      expect(await each.outcome()).toMatchObject({ status: "SUCCEEDED" });
      expect(await each.verify()).toMatchObject({ ok: true, checked: 20 });
    }
  });

  live("are shared by all jobs: slots", async () => {
    const [first, second] = [job(), job()];
    const request = { action: "eight", payload: { ms: 50 }, fanout: { tasks: 400 } };
    await first.submit(request);
    await second.submit(request);
    await Promise.all([first.outcome(), second.outcome()]);
    const spans = eight.spansOf(first.id, second.id);
    expect(peak(spans)).toBe(8);
    // Both run side by side most of the time.
    const from = Math.min(...eight.spansOf(second.id).map((span) => span.from));
    const to = Math.max(...eight.spansOf(first.id).map((span) => span.to));
    const between = (id: string) =>
      eight.spansOf(id).filter((span) => span.from >= from && span.to <= to).length;
    expect(between(second.id)).toBeGreaterThan(0.3 * between(first.id));
  });

  live("are shared by all jobs: starts", async () => {
    const jobs = [job(), job(), job()];
    for (const each of jobs) await each.submit({ action: "paced", fanout: { tasks: 100 } });
    await Promise.all(jobs.map((each) => each.outcome()));
    const spans = paced.spansOf(...jobs.map(({ id }) => id));
    expect(spans).toHaveLength(300);
    expect(pace(spans)).toBeGreaterThan(80);
    expect(busiest(spans, 1_000)).toBeLessThanOrEqual(most(100, 1_000));
  });

  live("hold beside those of the job: the lower one counts", async () => {
    const [slower, faster] = [job(), job()];
    const rate = (tasks: number) => ({ limits: { rate: { tasks, per: "1s" } } });
    const request = { action: "both", payload: { ms: 20 }, fanout: { tasks: 60 } };
    await slower.run({ ...request, ...rate(25) });
    await faster.run({ ...request, ...rate(1_000) });
    for (const each of [slower, faster]) {
      expect(peak(both.spansOf(each.id))).toBeLessThanOrEqual(4);
    }
    expect(busiest(both.spansOf(slower.id), 1_000)).toBeLessThanOrEqual(most(25, 1_000));
    expect(busiest(both.spansOf(faster.id), 1_000)).toBeLessThanOrEqual(most(50, 1_000));
  });

  live("pass a slot on to the next job", async () => {
    const jobs = [job(), job(), job()];
    const request = { action: "one", payload: { ms: 200 }, fanout: { tasks: 3 } };
    for (const each of jobs) await each.submit(request);
    await vi.waitFor(
      async () => {
        const found = (await Promise.all(jobs.map((each) => each.why()))).flatMap(
          ({ blockers }) => blockers,
        );
        expect(found).toContainEqual({ ...waitsFor("limiter", 3), action: "one" });
      },
      { timeout: 15_000 },
    );
    await Promise.all(jobs.map((each) => each.outcome()));
    expect(peak(one.spansOf(...jobs.map(({ id }) => id)))).toBe(1);
  });
});

// --- internal ---

const waitsFor = (kind: "limiter" | "rate", count: number) => ({
  kind,
  stage: 0,
  count,
  message: expect.any(String) as string,
});

import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { connect, isFanfoldError, type AnyJob, type Client } from "../../clients/client/index.ts";
import { action, TerminalError } from "../../services/actions.ts";
import { echo, gated } from "../support/actions.ts";
import { startCutProxy } from "../support/cut-proxy.ts";
import { gather } from "../support/gather.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const double = action({
  name: "double",
  input: z.object({ n: z.number() }),
  output: z.object({ doubled: z.number() }),
  run: ({ input }) => ({ doubled: input.n * 2 }),
});
const identity = action({
  name: "identity",
  input: z.object({ item: z.number() }),
  output: z.number(),
  run: ({ input }) => input.item,
});
const onlyLater = action({
  name: "only_later",
  run: ({ index, generation }) => {
    if (generation === 1 && index === 1) throw new TerminalError("not yet", { code: "NOT_YET" });
    return generation;
  },
});
const gate = gated();

const { ingressUrl, admin, newJobId } = await startTestFanfold({
  actions: [double, identity, onlyLater, echo, gate],
});
const client = connect({ ingressUrl });
const proxy = await startCutProxy(ingressUrl);
const cutClient = connect({ ingressUrl: proxy.url });

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
const range = (stop: number) => ({ range: { as: "n", start: 1, stop } }) as const;
const deadline = { timeout: 20_000, interval: 20 };

/** A job of one task that waits for its gate. */
async function waitingJob(through: Client) {
  const jobId = newJobId();
  const payload = { gate: jobId };
  const job = await through.submit({ jobId, action: gate, payload, fanout: { tasks: 1 } });
  return { job, open: () => gate.open(jobId) };
}

/** Until the handler is being called so often. */
const isCalled = (handler: string, job: AnyJob, times = 1) =>
  vi.waitFor(async () => {
    const calls = await admin.query(
      `select id from sys_invocation where target = 'Job/${job.id}/${handler}' and status <> 'completed'`,
    );
    expect(calls.length).toBeGreaterThanOrEqual(times);
  }, deadline);

describe("a client", () => {
  it("submits, waits for the end and reads the results", async () => {
    const job = await client.submit({ action: double, fanout: range(1_500) });
    const { status, result, taskCounts, truncated } = await job.outcome();
    expect({ status, result, truncated }).toEqual({
      status: "SUCCEEDED",
      result: null,
      truncated: true,
    });
    expect(taskCounts.SUCCEEDED).toBe(1_500);
    const doubled = (await gather(job.results())).map((outcome) => outcome.result?.doubled);
    expect(doubled).toEqual(numbers(1_500).map((n) => (n + 1) * 2));
    const chunks = await gather(job.timeline());
    expect(chunks.reduce((sum, { size }) => sum + size, 0)).toBe(1_500);
    expect(await job.verify()).toMatchObject({ ok: true, checked: 1_500 });
    expect(await job.why()).toEqual({ blockers: [] });
  });

  it("plans a request", async () => {
    expect(await client.plan({ action: double, fanout: range(5) })).toMatchObject({
      stages: [{ action: "double", tasks: 5, first: { n: 1 }, last: { n: 5 } }],
    });
  });

  it("says by a code what was refused, and what is wrong with it", async () => {
    const unknown = await client
      .job("nobody")
      .status()
      .catch((error: unknown) => error);
    expect(isFanfoldError(unknown, "JOB_NOT_FOUND")).toBe(true);
    const submit = client.submit({ action: "double", fanout: { tasks: -1 } });
    await expect(submit).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      status: 400,
      issues: [{ path: "fanout.tasks" }],
    });
    const notThere = connect({ ingressUrl: `${ingressUrl}/elsewhere` });
    await expect(notThere.job("a").status()).rejects.toMatchObject({
      code: "INGRESS_ERROR",
      status: 404,
    });
  });

  it("controls a job", async () => {
    const { job, open } = await waitingJob(client);
    expect(await job.pause()).toMatchObject({ jobId: job.id, status: "PAUSED", generation: 1 });
    expect((await job.why()).blockers).toContainEqual(expect.objectContaining({ kind: "paused" }));
    expect(await job.resume()).toMatchObject({ status: "RUNNING" });
    await job.setLimits({ concurrency: 7 });
    await job.setCustomStatus("half way");
    await job.raiseEvent({ name: "approved", payload: { by: "Ada" } });
    expect(await job.status()).toMatchObject({
      customStatus: "half way",
      stages: [{ concurrency: 7 }],
    });
    open();
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED" });
    await expect(job.cancel({ reason: "late" })).rejects.toMatchObject({ code: "JOB_ENDED" });
    await job.purge();
    await expect(job.status()).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
  });

  it("watches a job to its end, and through a redrive to the next", async () => {
    const job = await client.submit({ action: onlyLater, fanout: { tasks: 3 } });
    const first = await gather(job.watch({ everyMs: 20 }));
    expect(first.at(-1)).toMatchObject({ status: "FAILED", generation: 1 });
    expect(first.slice(0, -1).every(({ status }) => status === "RUNNING")).toBe(true);

    const [failed, ...others] = await gather(job.results({ status: "FAILED" }));
    expect(failed).toMatchObject({ index: 1, error: { code: "NOT_YET" } });
    expect(others).toEqual([]);

    await job.redrive({ only: "failed" });
    const second = await gather(job.watch({ everyMs: 20 }));
    expect(second.at(-1)).toMatchObject({ status: "SUCCEEDED", generation: 2 });
    expect(second.every(({ generation }) => generation === 2)).toBe(true);
  });

  it("reads the results of a job while it is fed", async () => {
    const job = await client.submit({ action: identity, open: true });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { result } of job.results()) seen.push(result ?? -1);
    })();
    for (const at of [0, 1, 2]) {
      await job.append([at * 2, at * 2 + 1]);
      await vi.waitFor(() => expect(seen).toEqual(numbers((at + 1) * 2)), deadline);
    }
    await job.seal();
    await reading;
    expect(seen).toEqual(numbers(6));
  });

  it("stops to wait when it is aborted; the job goes on", async () => {
    const { job, open } = await waitingJob(client);
    const aborter = new AbortController();
    const { signal } = aborter;
    const waits = [
      job.outcome({ signal }),
      gather(job.watch({ signal })),
      gather(job.results({ signal })),
    ];
    const ends = Promise.allSettled(waits);
    await isCalled("outcome", job);
    aborter.abort(new Error("enough"));
    expect(await ends).toEqual(
      waits.map(() => ({ status: "rejected", reason: new Error("enough") })),
    );
    open();
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED" });
  });
});

describe("where connections are lost", () => {
  it("an append of many calls makes exactly one task of each item", async () => {
    const job = await cutClient.submit({ action: identity, open: true, fold: "none" });
    const items = numbers(20_000);
    proxy.lose((what, number) => number % 11 === (what === "request" ? 3 : 7));
    const options = { callItems: 200 };
    expect(await job.append(items, options)).toEqual({ accepted: 20_000, total: 20_000 });
    expect(proxy.answers()).toBeGreaterThan(105);
    proxy.lose(() => false);
    await job.seal();
    expect(await job.outcome()).toMatchObject({
      status: "SUCCEEDED",
      taskCounts: { total: 20_000, SUCCEEDED: 20_000 },
    });
    const results = (await gather(job.results())).map(({ result }) => result);
    expect(results).toEqual(items);
    expect(await job.verify()).toMatchObject({ ok: true, checked: 20_000 });
  }, 120_000);

  it("an append that was broken off goes on under its id", async () => {
    const job = await client.submit({ action: identity, open: true });
    const aborter = new AbortController();
    const half = (function* () {
      for (const item of numbers(50)) {
        if (item === 27) aborter.abort(new Error("crash"));
        yield item;
      }
    })();
    const options = { id: "import", callItems: 10 };
    const broken = job.append(half, { ...options, signal: aborter.signal });
    await expect(broken).rejects.toThrow("crash");
    expect((await job.status()).stages[0]?.counts.total).toBe(20);

    expect(await job.append(numbers(50), options)).toEqual({ accepted: 50, total: 50 });
    await job.seal();
    const results = (await gather(job.results())).map(({ result }) => result);
    expect(results).toEqual(numbers(50));
    const other = job.append(["other"] as never, options);
    await expect(other).rejects.toMatchObject({ code: "APPEND_CONFLICT" });
  });

  it("an outcome is waited for on", async () => {
    const { job, open } = await waitingJob(cutClient);
    const outcome = job.outcome();
    for (const calls of [1, 2, 3]) {
      await isCalled("outcome", job, calls);
      proxy.cut();
    }
    await proxy.goAway();
    open();
    await vi.waitFor(async () => {
      expect(await client.job(job.id).status()).toMatchObject({ status: "SUCCEEDED" });
    }, deadline);
    await proxy.comeBack();
    expect(await outcome).toMatchObject({ jobId: job.id, status: "SUCCEEDED" });
  });

  it("a submit whose answer is lost starts one job", async () => {
    const jobs = () =>
      admin.query("select distinct service_key from state where service_name = 'Job'");
    const before = await jobs();
    proxy.lose((what, number) => what === "answer" && number === 1);
    const job = await cutClient.submit({ action: double, fanout: range(3) });
    expect(proxy.answers()).toBe(2);
    expect(await job.outcome()).toMatchObject({ taskCounts: { total: 3 } });
    expect((await jobs()).length).toBe(before.length + 1);
  });

  it("a redrive whose answer is lost is not sent again", async () => {
    const job = await cutClient.submit({ action: onlyLater, fanout: { tasks: 3 } });
    await job.outcome();
    proxy.lose((what, number) => what === "answer" && number === 2);
    await expect(job.redrive({ only: "failed" })).rejects.toMatchObject({ code: "UNREACHABLE" });
    expect(proxy.answers()).toBe(2);
    expect(await job.outcome()).toMatchObject({ status: "SUCCEEDED", generation: 2 });
  });
});

describe("several addresses", () => {
  it("outlast the end of one of them", async () => {
    const first = await startCutProxy(ingressUrl);
    const second = await startCutProxy(ingressUrl);
    const through = connect({ ingressUrls: [first.url, second.url] });
    const { job, open } = await waitingJob(through);
    expect(second.answers()).toBe(0);
    const outcome = job.outcome();
    const last = gather(job.watch({ everyMs: 20 }));
    await isCalled("outcome", job);
    await first.goAway();
    await isCalled("outcome", job, 2);
    open();
    expect(await outcome).toMatchObject({ status: "SUCCEEDED" });
    expect((await last).at(-1)).toMatchObject({ status: "SUCCEEDED" });

    await first.comeBack();
    await second.goAway();
    expect(await job.purge()).toMatchObject({ jobId: job.id });
  });
});

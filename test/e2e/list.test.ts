import { describe, expect, it } from "vitest";
import { connect } from "../../clients/client/index.ts";
import { action, TerminalError } from "../../services/actions.ts";
import {
  JobPage,
  type JobRequest,
  type JobSummary,
  type ListRequest,
} from "../../services/contract/index.ts";
import { echo, gated } from "../support/actions.ts";
import { eventually } from "../support/eventually.ts";
import { gather } from "../support/gather.ts";
import { accepted } from "../support/http.ts";
import type { JobClient } from "../support/job-client.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const gate = gated();
/** Fails in the first generation, and waits for its gate in the second. */
const relapse = action<{ gate: string }, unknown>({
  name: "relapse",
  run: (task, tools) => {
    if (task.generation === 1) throw new TerminalError("not yet");
    return gate.run(task, tools);
  },
});

const { job, post, get, admin, ingressUrl, newJobId } = await startTestFanfold({
  actions: [echo, gate, relapse],
});
const client = connect({ ingressUrl });

const list = async (request: ListRequest) =>
  JobPage.strict().parse(await accepted(post("Jobs/list", request)));
const idsOf = (jobs: readonly JobSummary[]) => jobs.map(({ jobId }) => jobId);
/** What one test's jobs have in common. */
const labelled = (test: string): Pick<JobRequest, "labels"> => ({ labels: { test } });
const small: JobRequest = { action: "echo", fanout: { tasks: 1 } };

async function runSome(count: number, request: JobRequest): Promise<JobClient[]> {
  const jobs: JobClient[] = [];
  for (let n = 0; n < count; n += 1) {
    const one = job();
    await one.run(request);
    jobs.push(one);
  }
  return jobs;
}

/** Until the list has these jobs, in this order. */
const isListed = (request: ListRequest, jobs: readonly JobClient[]) =>
  eventually(async () =>
    expect(idsOf((await list(request)).jobs)).toEqual(jobs.map(({ id }) => id)),
  );

const theOnly = async (request: ListRequest) => {
  const { jobs, cursor } = await list(request);
  expect(cursor).toBeNull();
  expect(jobs).toHaveLength(1);
  return jobs[0]!;
};

describe("Jobs.list", () => {
  it("has each job with what it was given and how it ended, the newest first", async () => {
    const wanted = { label: "test=order" };
    const jobs = await runSome(3, { ...small, ...labelled("order") });
    await eventually(async () => {
      const { jobs: listed, cursor } = await list(wanted);
      expect(cursor).toBeNull();
      expect(listed).toEqual(
        await Promise.all(
          jobs.toReversed().map(async (one) => {
            const { status, generation, startedAt, completedAt } = await one.outcome();
            const { labels } = await one.status();
            const { id: jobId } = one;
            return { jobId, status, action: "echo", generation, labels, startedAt, completedAt };
          }),
        ),
      );
    });
    expect(idsOf(JobPage.parse(await accepted(get("Jobs/list"))).jobs)).toContain(jobs[0]!.id);
  });

  it("gives each job once, page by page, while others are submitted", async () => {
    const request = { ...small, ...labelled("pages") };
    const wanted = { label: "test=pages", limit: 7 };
    const jobs = (await runSome(30, request)).toReversed();
    await isListed({ ...wanted, limit: 100 }, jobs);
    const read: string[] = [];
    let cursor: string | null = null;
    do {
      const page: JobPage = await list({ ...wanted, cursor });
      expect(page.jobs.length).toBeLessThanOrEqual(7);
      read.push(...idsOf(page.jobs));
      ({ cursor } = page);
      await runSome(2, request);
    } while (cursor !== null);
    expect(read).toEqual(jobs.map(({ id }) => id));
    expect(idsOf(await gather(client.list(wanted)))).toEqual(expect.arrayContaining(read));
  });

  it("finds jobs by status, by the name of a label, and by its value", async () => {
    const failing = { action: "relapse", payload: { gate: "none" }, fanout: { tasks: 1 } };
    const labels = { test: "filters", team: "blue" };
    const [green] = await runSome(1, { ...small, labels: { test: "filters", team: "green" } });
    const [blue] = await runSome(1, { ...small, labels });
    const [failed] = await runSome(1, { ...failing, labels });
    const [plain] = await runSome(1, { ...small, ...labelled("filters") });
    await isListed({ label: "test=filters" }, [plain!, failed!, blue!, green!]);
    await isListed({ label: "team" }, [failed!, blue!, green!]);
    await isListed({ label: "team=blue" }, [failed!, blue!]);
    await isListed({ label: "team=blue", status: "SUCCEEDED" }, [blue!]);
    await isListed({ label: "team=blue", status: "CANCELLED" }, []);
    await isListed({ label: "tea" }, []);
  });

  it("shows a job as SCHEDULED until it starts, and as RUNNING until it ends", async () => {
    const wanted = { label: "test=states" };
    const one = job();
    const payload = { gate: one.id };
    await one.submit({
      action: "gated",
      payload,
      fanout: { tasks: 1 },
      delay: "1s",
      ...labelled("states"),
    });
    await eventually(async () =>
      expect(await theOnly(wanted)).toMatchObject({ status: "SCHEDULED", completedAt: null }),
    );
    await eventually(async () =>
      expect(await theOnly(wanted)).toMatchObject({
        status: "RUNNING",
        startedAt: (await one.status()).startedAt,
      }),
    );
    await one.pause();
    expect(await theOnly(wanted)).toMatchObject({ status: "RUNNING" });
    await one.resume();
    gate.open(one.id);
    const { completedAt } = await one.outcome();
    await eventually(async () =>
      expect(await theOnly(wanted)).toMatchObject({ status: "SUCCEEDED", completedAt }),
    );
  });

  it("has a job that was cancelled before it started", async () => {
    const one = job();
    await one.submit({ ...small, delay: "1h", ...labelled("cancelled") });
    await one.cancel();
    await eventually(async () =>
      expect(await theOnly({ label: "test=cancelled" })).toMatchObject({ status: "CANCELLED" }),
    );
  });

  it("has a job that had nothing to do", async () => {
    await job().run({ action: "echo", fanout: { tasks: 0 }, ...labelled("empty") });
    await eventually(async () =>
      expect(await theOnly({ label: "test=empty" })).toMatchObject({ status: "SUCCEEDED" }),
    );
  });

  it("shows a job that is redriven as RUNNING again, in its old place", async () => {
    const wanted = { label: "test=redriven" };
    const one = job();
    await one.run({
      action: "relapse",
      payload: { gate: one.id },
      fanout: { tasks: 1 },
      ...labelled("redriven"),
    });
    const [newer] = await runSome(1, { ...small, ...labelled("redriven") });
    await one.redrive({ only: "failed" });
    await isListed({ ...wanted, status: "RUNNING" }, [one]);
    gate.open(one.id);
    await one.outcome();
    await isListed({ ...wanted, status: "SUCCEEDED" }, [newer!, one]);
    expect((await list(wanted)).jobs).toMatchObject([
      { generation: 1 },
      { generation: 2, status: "SUCCEEDED" },
    ]);
  });

  it("forgets a job that is purged, and knows it when its id comes again", async () => {
    const wanted = { label: "test=purged" };
    const request = { ...small, ...labelled("purged") };
    const [first, second] = await runSome(2, request);
    await isListed(wanted, [second!, first!]);
    await first!.purge();
    await isListed(wanted, [second!]);
    await first!.run(request);
    await isListed(wanted, [first!, second!]);
  });

  it("keeps nothing of jobs that are forgotten as soon as they have ended", async () => {
    const jobIds = Array.from({ length: 50 }, newJobId);
    await Promise.all(
      jobIds.map((id) => job(id).submit({ ...small, retention: 0, labels: { brief: id } })),
    );
    await eventually(async () => {
      const kept = await admin.query(
        `select service_key from state where service_name = 'Job' and key = '0/job'`,
      );
      expect(kept.filter(({ service_key: id }) => jobIds.includes(String(id)))).toEqual([]);
      expect((await list({ label: "brief" })).jobs).toEqual([]);
    });
    const left = await admin.query(
      `select key from state where service_name = 'Listing' and value_utf8 like '%"brief"%'`,
    );
    expect(left).toEqual([]);
  });
});

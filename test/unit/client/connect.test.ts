import { afterEach, describe, expect, it, vi } from "vitest";
import { actionRef, connect } from "../../../clients/client/index.ts";
import { action } from "../../../services/actions.ts";
import { JobRequest } from "../../../services/contract/index.ts";
import { answer, fakeFetch } from "../support/fake-fetch.ts";

const client = connect({ ingressUrl: "http://a" });
const double = action({ name: "double", run: () => 2 });
const half = actionRef("half");

afterEach(() => void vi.unstubAllGlobals());

describe("submit", () => {
  it("starts a job under its id", async () => {
    const { sent } = fakeFetch(answer());
    const job = await client.submit({ jobId: "a:1", action: "double", fanout: { tasks: 2 } });
    expect(job.id).toBe("a:1");
    expect(sent).toMatchObject([
      { url: "http://a/Job/a%3A1/submit", body: { action: "double", fanout: { tasks: 2 } } },
    ]);
  });

  it("gives a job that has none an id of its own, the same when it is sent again", async () => {
    const { sent } = fakeFetch("lost", answer());
    const job = await client.submit({ action: "double", fanout: { tasks: 2 } });
    const url = `http://a/Job/${job.id}/submit`;
    expect(job.id).toMatch(/^[0-9a-f]{32}$/);
    expect(sent.map((call) => call.url)).toEqual([url, url]);
    expect((await client.submit({ action: "double", fanout: { tasks: 2 } })).id).not.toBe(job.id);
  });

  it("sends definitions by their names, wherever the contract has an action", async () => {
    const { sent } = fakeFetch(answer());
    await client.submit({
      action: double,
      payload: { action: { name: "stays" } },
      fanout: { from: { action: half, as: "n" } },
      nextActions: [half, "plain", { action: double, timeout: "5s" }],
    });
    await client.submit({ actionChain: [double, { action: half }], fanout: { tasks: 1 } });
    const bodies = sent.map(({ body }) => JobRequest.parse(body));
    expect(bodies).toEqual([
      {
        action: "double",
        payload: { action: { name: "stays" } },
        fanout: { from: { action: "half", as: "n" } },
        nextActions: ["half", "plain", { action: "double", timeout: "5s" }],
      },
      { actionChain: ["double", { action: "half" }], fanout: { tasks: 1 } },
    ]);
  });
});

it("plans a request and starts nothing", async () => {
  const { sent } = fakeFetch(answer({ stages: [] }));
  expect(await client.plan({ action: double, fanout: { tasks: 2 } })).toEqual({ stages: [] });
  expect(sent).toMatchObject([
    { url: "http://a/Jobs/plan", body: { action: "double", fanout: { tasks: 2 } } },
  ]);
});

it("finds a job by its id", async () => {
  const { sent } = fakeFetch(answer());
  await client.job("a/b").status();
  expect(sent).toMatchObject([{ url: "http://a/Job/a%2Fb/status" }]);
});

import { afterEach, describe, expect, it, vi } from "vitest";
import { connect } from "../../../clients/client/index.ts";
import type { ListRequest } from "../../../services/contract/index.ts";
import { gather } from "../../support/gather.ts";
import { answer, fakeFetch, refusal } from "../support/fake-fetch.ts";

const client = connect({ ingressUrl: "http://a" });
const page = (cursor: string | null, ...ids: string[]) =>
  answer({ jobs: ids.map((jobId) => ({ jobId })), cursor });
const idsOf = async (jobs: AsyncIterable<{ jobId: string }>) =>
  (await gather(jobs)).map(({ jobId }) => jobId);

afterEach(() => void vi.unstubAllGlobals());

describe("list", () => {
  it("gives the jobs of every page, also behind an empty one", async () => {
    const { sent } = fakeFetch(page("9.c", "d", "c"), page("5.b"), page(null, "a"));
    expect(await idsOf(client.list({ status: "FAILED", label: "team=blue", limit: 2 }))).toEqual([
      "d",
      "c",
      "a",
    ]);
    const filter = { status: "FAILED", label: "team=blue", limit: 2 };
    expect(sent.map(({ url }) => url)).toEqual(Array(3).fill("http://a/Jobs/list"));
    expect(sent.map(({ body }) => body)).toEqual([
      { ...filter, cursor: null },
      { ...filter, cursor: "9.c" },
      { ...filter, cursor: "5.b" },
    ]);
  });

  it("asks for no page before it is needed", async () => {
    const { sent } = fakeFetch(page("9.b", "c", "b"));
    const jobs = client.list();
    expect(sent).toEqual([]);
    for await (const { jobId } of jobs) if (jobId === "b") break;
    expect(sent).toHaveLength(1);
  });

  it("asks again for a page whose answer was lost", async () => {
    const { sent } = fakeFetch(page("9.b", "b"), "lost", page(null, "a"));
    expect(await idsOf(client.list())).toEqual(["b", "a"]);
    expect(sent.map(({ body }) => (body as ListRequest).cursor)).toEqual([null, "9.b", "9.b"]);
  });

  it("ends with a refusal, and with its signal", async () => {
    fakeFetch(refusal(400, "INVALID_REQUEST"));
    await expect(gather(client.list({ limit: 0 }))).rejects.toThrow("No.");
    fakeFetch("silence");
    const signal = AbortSignal.timeout(5);
    await expect(gather(client.list({ signal }))).rejects.toThrow("timeout");
  });
});

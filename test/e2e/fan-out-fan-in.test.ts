import { describe, expect, it } from "vitest";
import { JobHandle } from "../../services/contract/index.ts";
import { sampleServices, samples } from "../../services/samples/index.ts";
import { accepted, refused } from "../support/http.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

const { job, newJobId, post } = await startTestFanfold({
  actions: samples,
  services: sampleServices,
});

const fanOut = async (body: unknown, headers: Record<string, string> = {}) =>
  JobHandle.strict().parse(await accepted(post("Samples/fan_out_fan_in", body, { headers })));

/** What the job that was started comes to. */
const outcomeOf = ({ jobId }: JobHandle) => job(jobId).outcome();

describe("Samples/fan_out_fan_in", () => {
  it("processes five items in parallel and folds them in their order", async () => {
    const handle = await fanOut({});
    expect(handle.statusUri).toBe(`${handle.uri}/status`);
    const { status, result, receipt, stages } = await outcomeOf(handle);

    expect({ status, tasks: stages[0]?.taskCounts.total }).toEqual({
      status: "SUCCEEDED",
      tasks: 5,
    });
    const { total_value, total_processing_time, ...sums } = result as Record<string, number>;
    expect(sums).toEqual({
      total_items_processed: 5,
      average_value: total_value! / 5,
      processed_items: [1, 2, 3, 4, 5].map((n) => `Processed_Task${n}`),
      success: true,
    });
    expect(total_value).toBeGreaterThanOrEqual(5);
    expect(total_value).toBeLessThanOrEqual(500);
    expect(total_processing_time).toBeGreaterThanOrEqual(2.5);
    expect(total_processing_time).toBeLessThan(5 * 3);
    if (!isReplayed) expect(receipt.speedup).toBeGreaterThan(1);
  });

  it("processes the items it is given, texts and numbers", async () => {
    const handle = await fanOut({ workItems: ["café", 7] });
    expect(await outcomeOf(handle)).toMatchObject({
      result: { total_items_processed: 2, processed_items: ["Processed_café", "Processed_7"] },
    });
    const [first] = (await job(handle.jobId).results()).outcomes;
    expect(first?.result).toEqual({
      item: "café",
      processed: "Processed_café",
      value: expect.any(Number),
      metrics: {
        startedAt: expect.any(String),
        processingMs: expect.any(Number),
        attempt: 1,
      },
    });
  });

  it("comes to nothing when there are no items", async () => {
    expect(await outcomeOf(await fanOut({ workItems: [] }))).toMatchObject({
      status: "SUCCEEDED",
      result: { total_items_processed: 0, average_value: 0, processed_items: [], success: true },
    });
  });

  it("starts a job for each call, and one only for calls with the same idempotency key", async () => {
    const key = { "idempotency-key": newJobId() };
    const items = { workItems: ["once"] };
    const [first, again, other] = [
      await fanOut(items, key),
      await fanOut(items, key),
      await fanOut(items),
    ];
    expect(again).toEqual(first);
    expect(other.jobId).not.toBe(first.jobId);
    await outcomeOf(first);
    await outcomeOf(other);
  });

  it.each([
    [{ workItems: "Task1" }, "workItems"],
    [{ workItems: ["ok", { id: 1 }] }, "workItems.1"],
    [{ workItems: [""] }, "workItems.0"],
    [{ items: ["Task1"] }, ""],
    [["Task1"], ""],
  ])("refuses %j and starts nothing", async (body, path) => {
    const refusal = await refused(post("Samples/fan_out_fan_in", body));
    expect(refusal).toMatchObject({ status: 400, code: "INVALID_REQUEST", issues: [{ path }] });
  });

  it("refuses a body that is no JSON", async () => {
    const refusal = await refused(
      post("Samples/fan_out_fan_in", undefined, { raw: '{"workItems":' }),
    );
    expect(refusal).toMatchObject({ status: 400, code: "MALFORMED_JSON" });
  });
});

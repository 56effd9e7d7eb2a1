import { expect, it } from "vitest";
import type { JobRequest } from "../../services/contract/index.ts";
import { echo } from "../support/actions.ts";
import { eventually } from "../support/eventually.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const { job } = await startTestFanfold({ actions: [echo] });

it("ends long before a million tasks that were there first", async () => {
  const [large, small] = [job(), job()];
  const stageOf = async () => (await large.status()).stages[0]!;
  const request: JobRequest = { action: "echo", limits: { concurrency: 1_000 }, fold: "none" };
  await large.submit({ ...request, fanout: { tasks: 1_000_000 } });
  await eventually(async () => expect((await stageOf()).counts.succeeded).toBeGreaterThan(0));
  await small.run({ ...request, fanout: { tasks: 100 } });
  expect((await stageOf()).percent).toBeLessThan(50);
  await large.cancel();
  expect(await large.outcome()).toMatchObject({ status: "CANCELLED" });
});

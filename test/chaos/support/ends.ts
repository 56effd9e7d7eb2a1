import { expect } from "vitest";
import type { JobOutcome } from "../../../services/contract/job-outcome.ts";
import type { JobStatus } from "../../../services/contract/job-status.ts";
import { eventually } from "../../support/eventually.ts";
import type { Chaos } from "./environment.ts";

/**
 * Every end of a job that has one receiver for each stage and one for itself was told of once, in each of
 * its generations, and nothing of the job goes on.
 */
export async function expectToldOfEach(chaos: Chaos, outcome: JobOutcome): Promise<void> {
  const { jobId, generation, stages } = outcome;
  const ends = [...stages.map(({ stage }) => String(stage)), "job"];
  const told = Array.from({ length: generation }, (_, at) =>
    ends.map((end) => `${at + 1}:${end}:0`),
  ).flat();
  await eventually(async () => {
    const { notifications } = await chaos.jobs.call<JobStatus>(`Job/${jobId}/status`);
    expect(notifications?.map(({ status }) => status)).toEqual(told.map(() => "DELIVERED"));
    const underWay = (await chaos.jobs.underWay()).map(({ target }) => target);
    expect(underWay.filter((target) => target.includes(jobId))).toEqual([]);
  });
  expect(chaos.told(jobId)).toEqual(told);
}

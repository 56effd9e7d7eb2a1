import { expect } from "vitest";
import type { AnyJob } from "../../../clients/client/index.ts";
import type { TaskOutcome } from "../../../services/contract/task.ts";
import { eventually } from "../../support/eventually.ts";
import { gather } from "../../support/gather.ts";

/**
 * The job succeeded with so many tasks in each stage, each of which has one outcome, and counting anew finds the
 * same. The answer is the outcomes, stage by stage.
 */
export async function expectWhole(job: AnyJob, tasks: readonly number[]): Promise<TaskOutcome[][]> {
  const outcome = await job.outcome();
  expect(outcome).toMatchObject({
    status: "SUCCEEDED",
    generation: 1,
    stages: tasks.map((total) => ({ taskCounts: { total, SUCCEEDED: total } })),
  });
  const stages: TaskOutcome[][] = [];
  for (const [stage, total] of tasks.entries()) {
    const outcomes = await gather(job.results({ stage, limit: 1_000 }));
    const isInOrder = outcomes.every(({ index }, at) => index === at);
    expect({ isInOrder, count: outcomes.length }).toEqual({ isInOrder: true, count: total });
    stages.push(outcomes as TaskOutcome[]);
  }
  const checked = tasks.reduce((sum, count) => sum + count, 0);
  expect(await job.verify()).toEqual({ ok: true, differences: [], checked, inFlight: 0 });
  return stages;
}

/** Each stage of the job, and the job, ended once: whoever wanted to hear of it was told of no other end. */
export async function expectOneFanIn(
  { id }: AnyJob,
  stages: number,
  told: (jobId: string) => string[],
): Promise<void> {
  const ends = [...Array(stages).keys()].map((stage) => `1:${stage}:0`);
  await eventually(async () => expect(told(id)).toEqual([...ends, "1:job:0"]));
}

import { expect, it } from "vitest";
import type { TaskOutcome } from "../../../services/contract/task.ts";
import { aggregateResults } from "../../../services/samples/fan-out-fan-in/aggregate-results.ts";

const outcome = (index: number, ended: Partial<TaskOutcome>): TaskOutcome => ({
  jobId: "job",
  stage: 0,
  index,
  taskId: `job/0/${index}`,
  parent: null,
  origin: index,
  generation: 1,
  status: "SUCCEEDED",
  attempts: 1,
  startedAt: 0,
  durationMs: 1,
  ...ended,
});

const succeeded = (index: number, item: string, value: number, processingMs: number) =>
  outcome(index, {
    result: {
      item,
      processed: `Processed_${item}`,
      value,
      metrics: { startedAt: "2026-11-21T12:00:00.000Z", processingMs, attempt: 1 },
    },
  });

function aggregate(outcomes: readonly TaskOutcome[]) {
  const { init, step, finish } = aggregateResults;
  let acc = structuredClone(init) as never;
  for (const each of outcomes) acc = step(acc, each) as never;
  return finish!(acc);
}

it("adds up what was processed, in the order of the items", () => {
  const outcomes = [succeeded(0, "Task1", 40, 1_250), succeeded(1, "Task2", 61, 750)];
  expect(aggregate(outcomes)).toEqual({
    total_items_processed: 2,
    total_value: 101,
    average_value: 50.5,
    total_processing_time: 2,
    processed_items: ["Processed_Task1", "Processed_Task2"],
    success: true,
  });
});

it("leaves out what failed, and says that not all succeeded", () => {
  const outcomes = [outcome(0, { status: "FAILED" }), succeeded(1, "Task2", 10, 500)];
  expect(aggregate(outcomes)).toMatchObject({
    total_items_processed: 1,
    average_value: 10,
    processed_items: ["Processed_Task2"],
    success: false,
  });
});

it("comes to nothing without items", () => {
  expect(aggregate([])).toEqual({
    total_items_processed: 0,
    total_value: 0,
    average_value: 0,
    total_processing_time: 0,
    processed_items: [],
    success: true,
  });
});

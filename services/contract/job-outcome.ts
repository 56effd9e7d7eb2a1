import { z } from "zod";
import { EndStatus, TaskError } from "./task.ts";

/** How the tasks of a job or stage ended. */
export const TaskCounts = z.object({
  total: z.int(),
  SUCCEEDED: z.int(),
  FAILED: z.int(),
  CANCELLED: z.int(),
});
export type TaskCounts = z.infer<typeof TaskCounts>;

export const StageOutcome = z.object({
  stage: z.int(),
  action: z.string(),
  status: EndStatus,
  taskCounts: TaskCounts,
  tookMs: z.int(),
  result: z.unknown(),
  /** why its fold has no result, or its source could not be read */
  error: TaskError.optional(),
});
export type StageOutcome = z.infer<typeof StageOutcome>;

/** Sum of the tasks' durations against wall time: what running them in parallel gained. */
export const Receipt = z.object({
  taskMs: z.number(),
  wallMs: z.int(),
  speedup: z.number(),
  retries: z.int(),
});

export const JobOutcome = z.object({
  jobId: z.string(),
  status: EndStatus,
  reason: z.string().optional(),
  generation: z.int(),
  taskCounts: TaskCounts,
  stages: z.array(StageOutcome),
  result: z.unknown(),
  truncated: z.boolean().optional(),
  resultsUri: z.string(),
  startedAt: z.int(),
  completedAt: z.int(),
  tookMs: z.int(),
  receipt: Receipt,
  request: z.unknown(),
});
export type JobOutcome = z.infer<typeof JobOutcome>;

import { z } from "zod";
import { EndStatus } from "./task.ts";

export const JobState = z.enum(["SCHEDULED", "RUNNING", "PAUSED", ...EndStatus.options]);
export type JobState = z.infer<typeof JobState>;

export const StageState = z.enum(["PENDING", "RUNNING", ...EndStatus.options]);
export type StageState = z.infer<typeof StageState>;

/** Where each task of a stage stands; everything beside `total` adds up to it. */
export const Counts = z.object({
  total: z.int(),
  pending: z.int(),
  running: z.int(),
  retrying: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  cancelled: z.int(),
});
export type Counts = z.infer<typeof Counts>;

export const StageStatus = z.object({
  stage: z.int(),
  action: z.string(),
  status: StageState,
  sealed: z.boolean(),
  counts: Counts,
  percent: z.int(),
  ratePerSecond: z.number(),
  etaMs: z.number().nullable(),
  concurrency: z.int(),
  fold: z.unknown().optional(),
});
export type StageStatus = z.infer<typeof StageStatus>;

/** Whether a receiver of `onComplete` was told; without `stage`: of the job's end. */
export const Notification = z.object({
  webhook: z.string().optional(),
  action: z.string().optional(),
  stage: z.int().optional(),
  generation: z.int(),
  status: z.enum(["PENDING", "DELIVERED", "UNDELIVERED"]),
  attempts: z.int(),
  error: z.string().optional(),
});
export type Notification = z.infer<typeof Notification>;

export const JobStatus = z.object({
  jobId: z.string(),
  status: JobState,
  stopping: z.boolean().optional(),
  sealed: z.boolean(),
  generation: z.int(),
  stages: z.array(StageStatus),
  customStatus: z.string().optional(),
  notifications: z.array(Notification).optional(),
  startedAt: z.int(),
  updatedAt: z.int(),
  labels: z.record(z.string(), z.string()),
});
export type JobStatus = z.infer<typeof JobStatus>;

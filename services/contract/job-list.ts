import { z } from "zod";
import { LIMITS } from "./limits.ts";
import { EndStatus } from "./task.ts";

/** How a job stands in a list, which hears of its start and its end only: a paused one is RUNNING there. */
export const ListedState = z.enum(["SCHEDULED", "RUNNING", ...EndStatus.options]);
export type ListedState = z.infer<typeof ListedState>;

/** What a list says of a job; `action` is that of its first stage. */
export const JobSummary = z.object({
  jobId: z.string(),
  status: ListedState,
  action: z.string(),
  generation: z.int(),
  labels: z.record(z.string(), z.string()),
  startedAt: z.int(),
  completedAt: z.int().nullable(),
});
export type JobSummary = z.infer<typeof JobSummary>;

/** What `Jobs/list` takes. `label` is the name of a label, whatever its value, or `name=value`. */
export const ListRequest = z.strictObject({
  status: ListedState.optional(),
  label: z.string().min(1).max(LIMITS.labelFilterChars).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,15}\.[A-Za-z0-9._:-]{1,128}$/, { error: "must be a cursor of an earlier page" })
    .nullable()
    .optional(),
  limit: z.int().min(1).max(LIMITS.pageJobs).optional(),
});
export type ListRequest = z.infer<typeof ListRequest>;

/**
 * Jobs in the order in which they were submitted, the newest first. A call looks at some thousands of jobs
 * and no more: where few of them have what is asked for, a page may be short or empty and not the last.
 * `cursor` is null only after the last.
 */
export const JobPage = z.object({
  jobs: z.array(JobSummary),
  cursor: z.string().nullable(),
});
export type JobPage = z.infer<typeof JobPage>;

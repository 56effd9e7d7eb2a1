import { z } from "zod";
import { StaticFanout } from "./fanout.ts";

/** What an action is given. `taskId` is the idempotency key for systems outside. */
export const Task = z.object({
  jobId: z.string(),
  stage: z.int(),
  index: z.int(),
  taskId: z.string(),
  parent: z.string().nullable(),
  origin: z.int(),
  generation: z.int(),
  attempt: z.int(),
  action: z.string(),
  input: z.unknown(),
  next: z.object({ stage: z.int(), action: z.string() }).optional(),
});
/** A task as an action sees it, with the input its schema has read. */
export type Task<Input = unknown> = Omit<z.infer<typeof Task>, "input"> & { input: Input };

/** The wire form of `emit(result, fanout)`. */
export const Emission = z.strictObject({
  $emit: z.strictObject({ result: z.unknown(), fanout: StaticFanout.nullable() }),
});

export const TaskError = z.object({
  code: z.string(),
  message: z.string(),
  stack: z.string().optional(),
});
export type TaskError = z.infer<typeof TaskError>;

export const EndStatus = z.enum(["SUCCEEDED", "FAILED", "CANCELLED"]);
export type EndStatus = z.infer<typeof EndStatus>;

/** What became of a task. Times are in milliseconds since the epoch, null for a task that never started. */
export const TaskOutcome = z.object({
  jobId: z.string(),
  stage: z.int(),
  index: z.int(),
  taskId: z.string(),
  parent: z.string().nullable(),
  origin: z.int(),
  generation: z.int(),
  status: EndStatus,
  result: z.unknown().optional(),
  emitted: z.int().optional(),
  error: TaskError.optional(),
  input: z.unknown().optional(),
  attempts: z.int(),
  startedAt: z.int().nullable(),
  durationMs: z.number().nullable(),
});
export type TaskOutcome = z.infer<typeof TaskOutcome>;

/** The number of a job's source, as if it were the stage before the first: its tasks are pages. */
export const SOURCE = -1;

export function taskId(jobId: string, stage: number, index: number): string {
  return `${jobId}/${stage === SOURCE ? "from" : stage}/${index}`;
}

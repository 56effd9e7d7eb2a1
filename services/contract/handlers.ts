import { z } from "zod";
import { StaticFanout } from "./fanout.ts";
import { Limits, Wait } from "./job-request.ts";
import { LIMITS } from "./limits.ts";
import { EndStatus, TaskOutcome } from "./task.ts";

export const Nothing = z.strictObject({});

export const JobHandle = z.object({
  jobId: z.string(),
  uri: z.string(),
  statusUri: z.string(),
  outcomeUri: z.string(),
  resultsUri: z.string(),
  eventUri: z.string(),
  cancelUri: z.string(),
  purgeUri: z.string(),
});
export type JobHandle = z.infer<typeof JobHandle>;

/** What control handlers answer. */
export const ControlAnswer = z.object({
  jobId: z.string(),
  status: z.string(),
  generation: z.int(),
});
export type ControlAnswer = z.infer<typeof ControlAnswer>;

export const AppendRequest = z
  .strictObject({ fanout: StaticFanout, appendId: z.string().min(1).max(128).optional() })
  .refine((append) => (append.fanout.foreach?.items.length ?? 0) <= LIMITS.appendItems, {
    path: ["fanout", "foreach", "items"],
    error: `must be at most ${LIMITS.appendItems} items a call`,
  });
export type AppendRequest = z.infer<typeof AppendRequest>;

export const AppendAnswer = z.object({ accepted: z.int(), total: z.int() });
export type AppendAnswer = z.infer<typeof AppendAnswer>;

export const OutcomeRequest = z.strictObject({
  wait: Wait.optional(),
  generation: z.int().min(1).optional(),
});
export type OutcomeRequest = z.infer<typeof OutcomeRequest>;

export const EventName = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/, {
  error: "must be 1-128 of A-Z a-z 0-9 . _ : -",
});

/** What `raiseEvent` takes; an event without payload carries null. */
export const EventRequest = z.strictObject({
  name: EventName,
  payload: z
    .unknown()
    .optional()
    .refine((payload) => jsonBytes(payload) <= LIMITS.eventBytes, {
      error: `must be at most ${LIMITS.eventBytes} bytes of JSON`,
    }),
});
export type EventRequest = z.infer<typeof EventRequest>;

/** What `setCustomStatus` takes; null or an empty text takes the text away. */
export const CustomStatusRequest = z.strictObject({
  text: z.string().max(LIMITS.customStatusChars).nullable(),
});
export type CustomStatusRequest = z.infer<typeof CustomStatusRequest>;

const Cursor = z.string().regex(/^\d{1,10}$/, { error: "must be a cursor of an earlier page" });
const StageNumber = z
  .int()
  .min(0)
  .max(LIMITS.stages - 1);

export const CancelRequest = z.strictObject({ reason: z.string().max(1_000).optional() });
export type CancelRequest = z.infer<typeof CancelRequest>;

export const SetLimitsRequest = z
  .strictObject({ stage: StageNumber.optional(), ...Limits.shape })
  .refine(({ concurrency, rate }) => concurrency !== undefined || rate !== undefined, {
    error: "must have concurrency or rate",
  });
export type SetLimitsRequest = z.infer<typeof SetLimitsRequest>;

/** Which tasks of an ended job run again; an index list is of one stage. */
export const RedriveRequest = z.strictObject({
  stage: StageNumber.optional(),
  only: z.union(
    [
      z.enum(["failed", "unsucceeded", "fold"]),
      z
        .array(
          z
            .int()
            .min(0)
            .max(LIMITS.tasksPerStage - 1),
        )
        .min(1)
        .max(LIMITS.appendItems),
    ],
    { error: `must be "failed", "unsucceeded", "fold" or 1 to ${LIMITS.appendItems} indexes` },
  ),
});
export type RedriveRequest = z.infer<typeof RedriveRequest>;

export const ResultsRequest = z.strictObject({
  stage: StageNumber.optional(),
  status: EndStatus.optional(),
  cursor: Cursor.nullable().optional(),
  limit: z.int().min(1).max(LIMITS.pageOutcomes).optional(),
});
export type ResultsRequest = z.infer<typeof ResultsRequest>;

export const ResultsPage = z.object({
  outcomes: z.array(TaskOutcome),
  cursor: z.string().nullable(),
  complete: z.boolean(),
});
export type ResultsPage = z.infer<typeof ResultsPage>;

export const TimelineRequest = z.strictObject({
  stage: StageNumber.optional(),
  cursor: Cursor.nullable().optional(),
});
export type TimelineRequest = z.infer<typeof TimelineRequest>;

/** One chunk's run: which tasks (`first`, `size`), when, how they ended, in which process. */
export const TimelineChunk = z.object({
  first: z.int(),
  size: z.int(),
  startedAt: z.int(),
  endedAt: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  worker: z.string(),
});
export type TimelineChunk = z.infer<typeof TimelineChunk>;

export const TimelinePage = z.object({
  chunks: z.array(TimelineChunk),
  cursor: z.string().nullable(),
});
export type TimelinePage = z.infer<typeof TimelinePage>;

export const BlockerKind = z.enum([
  "scheduled",
  "paused",
  "unsealed",
  "source",
  "pending",
  "running",
  "retrying",
  "limiter",
  "rate",
  "event",
  "upstream",
  "stopping",
  "fold",
  "silent",
]);

/** One thing that the fan-in waits for. */
export const Blocker = z.looseObject({
  kind: BlockerKind,
  stage: z.int().optional(),
  message: z.string(),
});
export type Blocker = z.infer<typeof Blocker>;

export const WhyAnswer = z.object({ blockers: z.array(Blocker) });
export type WhyAnswer = z.infer<typeof WhyAnswer>;

export const VerifyAnswer = z.object({
  ok: z.boolean(),
  differences: z.array(z.string()),
  checked: z.int(),
  inFlight: z.int(),
});
export type VerifyAnswer = z.infer<typeof VerifyAnswer>;

export const PlanAnswer = z.object({
  stages: z.array(
    z.object({
      stage: z.int(),
      action: z.string(),
      tasks: z.int().nullable(),
      first: z.unknown().optional(),
      last: z.unknown().optional(),
    }),
  ),
});
export type PlanAnswer = z.infer<typeof PlanAnswer>;

// --- internal ---

function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

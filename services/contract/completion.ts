import { z } from "zod";
import { JobOutcome, StageOutcome } from "./job-outcome.ts";

/** What those in a stage's `onComplete` are told. */
export const StageCompletion = z.object({
  jobId: z.string(),
  generation: z.int(),
  stage: StageOutcome,
});

/** The body of a webhook. An action is given `data`, as `outcome` of its input. */
export const Completion = z.discriminatedUnion("type", [
  z.object({ type: z.literal("job.completed"), timestamp: z.iso.datetime(), data: JobOutcome }),
  z.object({
    type: z.literal("stage.completed"),
    timestamp: z.iso.datetime(),
    data: StageCompletion,
  }),
]);
export type Completion = z.infer<typeof Completion>;

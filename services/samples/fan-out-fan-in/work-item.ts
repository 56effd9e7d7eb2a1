import { z } from "zod";

/** What there is to do; it goes into names, so it is a short text or a number. */
export const WorkItem = z.union([z.string().min(1).max(256), z.number()], {
  error: "must be a text of 1 to 256 characters or a number",
});

/** What became of a work item. */
export const ProcessedItem = z.object({
  item: WorkItem,
  processed: z.string(),
  /** random, 1 to 100 */
  value: z.int(),
  metrics: z.object({ startedAt: z.iso.datetime(), processingMs: z.int(), attempt: z.int() }),
});
export type ProcessedItem = z.infer<typeof ProcessedItem>;

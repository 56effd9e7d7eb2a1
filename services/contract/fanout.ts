import { z } from "zod";
import { LIMITS } from "./limits.ts";

/** An object whose values are any JSON. */
export const JsonObject = z.record(z.string(), z.unknown());
export type JsonObject = z.infer<typeof JsonObject>;

/** The input field that an item arrives in. */
const As = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/)
  .refine((name) => name !== "__proto__");
const Batch = z.int().min(1).max(LIMITS.batch);

export const ActionName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}(\/[A-Za-z][A-Za-z0-9_]{0,63})?$/, {
    error: 'must be an action\'s name or "Service/handler"',
  });

const Foreach = z.strictObject({
  as: As.optional(),
  items: z.array(z.unknown()),
  batch: Batch.optional(),
});

const Range = z
  .strictObject({
    as: As.optional(),
    start: z.int(),
    stop: z.int(),
    step: z
      .int()
      .refine((step) => step !== 0, { error: "must not be 0" })
      .optional(),
    batch: Batch.optional(),
  })
  .refine(({ start, stop }) => Number.isSafeInteger(stop - start), {
    error: "must span less than 2^53, so that every number of it is exact",
  })
  .superRefine((range, refinement) => {
    if (rangeItems(range) <= LIMITS.tasksPerStage) return;
    refinement.addIssue({
      code: "too_big",
      origin: "number",
      maximum: LIMITS.tasksPerStage,
      message: `must yield at most ${LIMITS.tasksPerStage} items`,
    });
  });

const TaskCount = z.int().min(0).max(LIMITS.tasksPerStage);

const From = z.strictObject({
  as: As.optional(),
  action: ActionName,
  payload: JsonObject.optional(),
});

/** What one job, append or emission fans out over: exactly one kind. */
export const Fanout = z
  .strictObject({
    foreach: Foreach.optional(),
    range: Range.optional(),
    tasks: TaskCount.optional(),
    from: From.optional(),
  })
  .refine((fanout) => Object.values(fanout).filter((kind) => kind !== undefined).length === 1, {
    error: "must have exactly one of foreach, range, tasks, from",
  });
export type Fanout = z.infer<typeof Fanout>;

/** A fan-out whose tasks are known when it is given: what `append` and `emit` take. */
export const StaticFanout = Fanout.refine((fanout) => fanout.from === undefined, {
  error: "from is for submit only",
});

/** How many items a range yields; `stop` is inclusive. */
export function rangeItems(range: { start: number; stop: number; step?: number | undefined }) {
  return Math.max(0, Math.floor((range.stop - range.start) / (range.step ?? 1)) + 1);
}

/** How many tasks a fan-out makes; null when only its source knows. */
export function fanoutTasks(fanout: Fanout): number | null {
  if (fanout.foreach) return Math.ceil(fanout.foreach.items.length / (fanout.foreach.batch ?? 1));
  if (fanout.range) return Math.ceil(rangeItems(fanout.range) / (fanout.range.batch ?? 1));
  return fanout.tasks ?? null;
}

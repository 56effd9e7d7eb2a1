import { z } from "zod";
import { Duration, durationMs } from "./duration.ts";
import { ActionName, Fanout, JsonObject } from "./fanout.ts";
import { LIMITS } from "./limits.ts";

export const JobId = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/, {
  error: "must be 1-128 of A-Z a-z 0-9 . _ : -",
});

export const Rate = z.strictObject({
  tasks: z.int().min(1),
  per: Duration.refine((per) => durationMs(per) >= 1, { error: "must be at least 1ms" }),
});

export const Limits = z.strictObject({
  concurrency: z.int().min(1).max(LIMITS.concurrency).optional(),
  rate: Rate.nullable().optional(),
});
export type Limits = z.infer<typeof Limits>;

export const Retry = z.strictObject({
  maxAttempts: z.int().min(1).max(1_000).optional(),
  initialInterval: Duration.optional(),
  maxInterval: Duration.optional(),
  factor: z.number().min(1).max(100).optional(),
  jitter: z.boolean().optional(),
});
export type Retry = z.infer<typeof Retry>;

export const AttemptTimeout = Duration.refine((timeout) => durationMs(timeout) >= 1, {
  error: "must be at least 1ms",
});

export const FailurePolicy = z.union(
  [
    z.enum(["complete-all", "best-effort", "all-or-nothing"]),
    z.strictObject({
      tolerate: z
        .strictObject({
          count: z.int().min(0).optional(),
          percent: z.number().min(0).max(100).optional(),
        })
        .refine((tolerate) => tolerate.count !== undefined || tolerate.percent !== undefined, {
          error: "must have count or percent",
        }),
      onExceeded: z.enum(["stop", "finish"]).optional(),
    }),
  ],
  {
    error:
      'must be "complete-all", "best-effort", "all-or-nothing" or { tolerate: { count?, percent? }, onExceeded? }',
  },
);
export type FailurePolicy = z.infer<typeof FailurePolicy>;

const Path = z.string().min(1).max(256);

export const Fold = z.union(
  [
    z.enum(["collect", "none", "count"]),
    z.strictObject({ stats: z.strictObject({ path: Path }) }),
    z.strictObject({ groupBy: z.strictObject({ path: Path }) }),
    z.strictObject({ topK: z.strictObject({ path: Path, k: z.int().min(1).max(1_000) }) }),
    z.strictObject({ action: ActionName }),
  ],
  { error: 'must be "collect", "none", "count", { stats }, { groupBy }, { topK } or { action }' },
);
export type Fold = z.infer<typeof Fold>;

/** Who is told of an end. */
export const Receiver = z.union(
  [
    z.strictObject({ webhook: z.url().max(LIMITS.webhookChars) }),
    z.strictObject({ action: ActionName }),
  ],
  { error: "must be { webhook } or { action }" },
);
export type Receiver = z.infer<typeof Receiver>;

export const OnComplete = z.array(Receiver).max(LIMITS.receivers, {
  error: `must be at most ${LIMITS.receivers} receivers`,
});
export type OnComplete = z.infer<typeof OnComplete>;

/** Options that may stand in the job and in each stage; the nearest wins, field by field. */
const stageOptions = {
  limits: Limits.optional(),
  retry: Retry.optional(),
  timeout: AttemptTimeout.optional(),
  cancelGrace: Duration.optional(),
  failurePolicy: FailurePolicy.optional(),
  succeedAfter: z.int().min(1).nullable().optional(),
  fold: Fold.optional(),
  onComplete: OnComplete.optional(),
};

export const Stage = z.strictObject({
  action: ActionName,
  payload: JsonObject.optional(),
  ...stageOptions,
});
export type Stage = z.infer<typeof Stage>;

const StageOrName = z.union([ActionName, Stage], {
  error: "must be an action's name or a Stage object",
});

const Labels = z
  .record(z.string().min(1).max(LIMITS.labelNameChars), z.string().max(LIMITS.labelValueChars))
  .refine((labels) => Object.keys(labels).length <= LIMITS.labels, {
    error: `must be at most ${LIMITS.labels}`,
  });

const jobRequestShape = {
  action: ActionName.optional(),
  payload: JsonObject.optional(),
  fanout: Fanout.optional(),
  nextActions: z.array(StageOrName).optional(),
  actionChain: z.array(StageOrName).min(1).optional(),
  open: z.boolean().optional(),
  sealBy: Duration.optional(),
  sealPolicy: z.enum(["fail", "seal"]).optional(),
  deadline: Duration.nullable().optional(),
  delay: Duration.optional(),
  retention: Duration.optional(),
  labels: Labels.optional(),
  ...stageOptions,
};

type JobRequestShape = z.infer<z.ZodObject<typeof jobRequestShape>>;

/** Rules that span several fields of a request. */
function checkRequest(request: JobRequestShape, refinement: z.RefinementCtx): void {
  const refuse = (path: string, message: string) =>
    refinement.addIssue({ code: "custom", path: [path], message });
  if (request.actionChain && (request.action !== undefined || request.nextActions)) {
    refuse("actionChain", "must not stand beside action or nextActions");
  }
  if (!request.actionChain && request.action === undefined) refuse("action", "is required");
  if (!request.fanout && !request.open) refuse("fanout", "is required unless the job is open");
  if (!request.open && (request.sealBy !== undefined || request.sealPolicy !== undefined)) {
    refuse("sealBy", "is for open jobs only");
  }
  const stages = request.actionChain?.length ?? 1 + (request.nextActions?.length ?? 0);
  if (stages > LIMITS.stages) {
    refuse(
      request.actionChain ? "actionChain" : "nextActions",
      `makes more than ${LIMITS.stages} stages`,
    );
  }
}

/** Everything `Job/{jobId}/submit` takes. */
export const JobRequest = z.strictObject(jobRequestShape).superRefine(checkRequest);
export type JobRequest = z.infer<typeof JobRequest>;

/** What `Jobs/submit` takes: a request that may name its job. */
export const NewJobRequest = z
  .strictObject({ ...jobRequestShape, jobId: JobId.optional() })
  .superRefine(checkRequest);
export type NewJobRequest = z.infer<typeof NewJobRequest>;

export const Wait = Duration.refine((wait) => durationMs(wait) <= LIMITS.waitMs, {
  error: "must be at most 10m",
});

/** What `Jobs/run` takes. */
export const RunRequest = z
  .strictObject({ ...jobRequestShape, jobId: JobId.optional(), wait: Wait.optional() })
  .superRefine(checkRequest);

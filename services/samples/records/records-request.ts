import type { JobRequest } from "../../contract/job-request.ts";

/** A job that takes records as they are read; what is wrong with some of them does not stop it. */
export const recordsRequest = {
  action: "validate_record",
  nextActions: ["enrich_record", "store_record"],
  open: true,
  sealBy: "1h",
  failurePolicy: "best-effort",
  fold: "count",
} as const satisfies JobRequest;

import type { ListedState } from "../../../services/contract/job-list.ts";
import type { EndStatus } from "../../../services/contract/task.ts";

/** Not taken from the contract's schemas: these take longer to load than most commands to run. */
export const END_STATUSES = [
  "SUCCEEDED",
  "FAILED",
  "CANCELLED",
] as const satisfies readonly EndStatus[];

export const LISTED_STATES = [
  "SCHEDULED",
  "RUNNING",
  ...END_STATUSES,
] as const satisfies readonly ListedState[];

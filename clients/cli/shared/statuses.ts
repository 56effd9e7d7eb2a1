import type { EndStatus } from "../../../services/contract/task.ts";

/** Not taken from the contract's schemas: these take longer to load than most commands to run. */
export const END_STATUSES = [
  "SUCCEEDED",
  "FAILED",
  "CANCELLED",
] as const satisfies readonly EndStatus[];

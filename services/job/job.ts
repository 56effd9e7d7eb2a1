import * as restate from "@restatedev/restate-sdk";
import type { Engine } from "./engine.ts";
import { controlHandlers } from "./handlers/control.ts";
import { customStatusHandlers } from "./handlers/custom-status.ts";
import { eventHandlers } from "./handlers/events.ts";
import { internalHandlers } from "./handlers/internal.ts";
import { lifecycleHandlers } from "./handlers/lifecycle.ts";
import { noticeHandlers } from "./handlers/notices.ts";
import { queryHandlers } from "./handlers/queries.ts";

/** One job: its counts, its stages, and every question about it. Key: the job's id. */
export function createJobObject(engine: Engine) {
  return restate.object({
    name: "Job",
    handlers: {
      ...controlHandlers(engine),
      ...lifecycleHandlers(engine),
      ...customStatusHandlers,
      ...eventHandlers,
      ...queryHandlers(engine),
      ...internalHandlers(engine),
      ...noticeHandlers(engine),
    },
    // Whoever calls a handler may be cancelled. Half of a step would be tasks that nobody has.
    options: { explicitCancellation: true },
  });
}

import type { AttemptHost } from "../../../services/task/executor/attempt-host.ts";

/** Hears nothing, and traces nothing. */
export const deafHost: AttemptHost = {
  progress: () => undefined,
  log: () => undefined,
  spans: null,
};

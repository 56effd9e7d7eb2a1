export { action, emit, fold, RetryableError, TerminalError } from "./actions.ts";
export type {
  Action,
  ActionContext,
  ActionOptions,
  Emitted,
  FoldOptions,
  UserFold,
} from "./actions.ts";
export { createApp } from "./app.ts";
export type { App } from "./app.ts";
export { serveEndpoint } from "./endpoint.ts";
export type { Endpoint } from "./endpoint.ts";
export { waitForEvent } from "./events.ts";
export type { Task, TaskOutcome } from "./contract/task.ts";

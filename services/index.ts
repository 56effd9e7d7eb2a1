export { action, emit, fold, RetryableError, TerminalError } from "./actions.ts";
export type {
  Action,
  ActionContext,
  ActionOptions,
  ActionSettings,
  Emitted,
  FoldOptions,
  UserFold,
} from "./actions.ts";
export { durableAction } from "./durable-action.ts";
export type {
  DurableAction,
  DurableActionContext,
  DurableActionOptions,
} from "./durable-action.ts";
export { createApp } from "./app.ts";
export type { App } from "./app.ts";
export { serveEndpoint } from "./endpoint.ts";
export type { Endpoint } from "./endpoint.ts";
export { waitForEvent } from "./events.ts";
export { runJob } from "./run-job.ts";
export type { Task, TaskOutcome } from "./contract/task.ts";

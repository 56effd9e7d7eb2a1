export { action, emit, RetryableError, TerminalError } from "./actions.ts";
export type { Action, ActionContext, ActionOptions, Emitted } from "./actions.ts";
export { createApp } from "./app.ts";
export type { App } from "./app.ts";
export { serveEndpoint } from "./endpoint.ts";
export type { Endpoint } from "./endpoint.ts";
export { waitForEvent } from "./events.ts";
export type { Task } from "./contract/task.ts";

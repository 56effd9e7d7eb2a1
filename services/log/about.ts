import type { Context, Request } from "@restatedev/restate-sdk";

/** What an invocation is about: names and numbers, never what a task is given or gives back. */
export interface About {
  readonly jobId: string;
  readonly stage?: number | null;
  readonly chunk?: number;
  readonly taskId?: string;
  readonly attempt?: number;
}

/** Every line in the log that comes of this invocation from now on says what it is about. */
export function about(ctx: Context, { jobId, stage, chunk, taskId, attempt }: About): void {
  subjects.set(ctx.request(), { jobId, stage: stage ?? undefined, chunk, taskId, attempt });
}

/** What was said of the invocation with this request. */
export function aboutOf(request: Request | undefined): object | undefined {
  return request && subjects.get(request);
}

// --- internal ---

const subjects = new WeakMap<Request, object>();

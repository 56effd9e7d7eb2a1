import type { Context, HooksProvider, ServiceOptions } from "@restatedev/restate-sdk";
import type { AnyService } from "../app.ts";
import type { ChunkSpec } from "../task/chunk-spec.ts";
import type { AttemptSpans } from "../task/executor/attempt-host.ts";

/** How the work of a process is traced. */
export interface Traces {
  /** makes the spans of invocations and of their steps */
  readonly hook: HooksProvider;
  /** Runs a chunk in a span of its own, and hands out the spans of its attempts. */
  chunk<Value>(
    ctx: Context,
    spec: ChunkSpec,
    run: (spans: AttemptSpans) => Promise<Value>,
  ): Promise<Value>;
  /** Spans of attempts in the one that is active now. */
  attempts(): AttemptSpans;
}

/** The service with spans for all its invocations. */
export function traced(service: AnyService, { hook }: Traces): AnyService {
  const { options } = service as { readonly options?: ServiceOptions };
  const hooks = [hook, ...(options?.hooks ?? [])];
  return Object.assign({}, service, { options: { ...options, hooks } });
}

import { context, SpanStatusCode, trace, type Context, type Tracer } from "@opentelemetry/api";
import { openTelemetryHook } from "@restatedev/restate-sdk-opentelemetry";
import type { Task } from "../contract/task.ts";
import type { ChunkSpec } from "../task/chunk-spec.ts";
import type { AttemptSpan, AttemptSpans } from "../task/executor/attempt-host.ts";
import type { AttemptResult } from "../task/executor/attempt-result.ts";
import { readThrown } from "../task/executor/thrown.ts";
import type { Traces } from "./traces.ts";

export type { Traces } from "./traces.ts";

/**
 * Spans by this tracer: of each invocation and its steps, as Restate's hook makes them; of each chunk; and of
 * each attempt of a function action, which is the active one while the action runs. Without a context manager
 * (a tracer provider that was registered has one) chunks and attempts do not find their parents.
 *
 * @example createApp({ actions, traces: traces(trace.getTracer("my-worker")) });
 */
export function traces(tracer: Tracer): Traces {
  return {
    hook: openTelemetryHook({ tracer }),
    chunk: async (ctx, spec, run) => {
      const span = tracer.startSpan(`chunk ${spec.plan.action}`, { attributes: chunkOf(spec) });
      const { attemptCompletedSignal } = ctx.request();
      // What is suspended or cut off ends nowhere else.
      const end = () => span.end();
      attemptCompletedSignal.addEventListener("abort", end, { once: true });
      const within = trace.setSpan(context.active(), span);
      try {
        return await context.with(within, () => run(attemptSpans(tracer, within)));
      } catch (thrown) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: readThrown(thrown).message });
        throw thrown;
      } finally {
        attemptCompletedSignal.removeEventListener("abort", end);
        if (!attemptCompletedSignal.aborted) span.end();
      }
    },
    attempts: () => attemptSpans(tracer, context.active()),
  };
}

// --- internal ---

function chunkOf({ jobId, stage, chunk, generation, first, size, plan }: ChunkSpec) {
  return {
    "fanfold.job": jobId,
    "fanfold.generation": generation,
    "fanfold.stage": stage,
    "fanfold.chunk": chunk,
    "fanfold.first": first,
    "fanfold.size": size,
    "fanfold.action": plan.action,
  };
}

function attemptSpans(tracer: Tracer, parent: Context): AttemptSpans {
  return {
    begin: ({ jobId, stage, taskId, attempt, action }: Task): AttemptSpan => {
      const attributes = {
        "fanfold.job": jobId,
        "fanfold.stage": stage,
        "fanfold.task": taskId,
        "fanfold.attempt": attempt,
      };
      const span = tracer.startSpan(`task ${action}`, { attributes }, parent);
      const within = trace.setSpan(parent, span);
      return {
        within: (code) => context.with(within, code),
        end: (result) => {
          span.setAttribute("fanfold.outcome", outcomeOf(result));
          if (result && !result.ok) {
            span.setStatus({ code: SpanStatusCode.ERROR, message: result.error.message });
          }
          span.end();
        },
      };
    },
  };
}

/** A result that nobody hears of is given up: the task runs again. */
function outcomeOf(result: AttemptResult | null): string {
  if (!result) return "GIVEN_UP";
  return result.ok ? "SUCCEEDED" : result.error.code;
}

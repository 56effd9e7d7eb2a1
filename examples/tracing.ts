// Registers a tracer provider that prints spans: `node --import ./examples/tracing.ts services/main.ts`.
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";

const printer: SpanExporter = {
  export(spans, done) {
    for (const span of spans) console.error(lineOf(span));
    done({ code: 0 });
  },
  shutdown: async () => undefined,
};

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(printer)] }),
);

function lineOf(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  const [seconds, nanoseconds] = span.duration;
  const ms = (seconds * 1_000 + nanoseconds / 1_000_000).toFixed(1);
  const parent = span.parentSpanContext?.spanId ?? "none";
  const place = `trace ${traceId.slice(0, 8)} span ${spanId.slice(0, 8)} in ${parent.slice(0, 8)}`;
  return `${place}: ${span.name}, ${ms} ms ${JSON.stringify(span.attributes)}`;
}

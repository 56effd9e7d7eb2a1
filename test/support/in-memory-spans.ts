import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";

/** A tracer whose ended spans can be read. What is active follows from call to call in this process. */
export function inMemorySpans() {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const ended = (): ReadableSpan[] => exporter.getFinishedSpans();
  return {
    tracer: provider.getTracer("test"),
    ended,
    named: (name: string) => ended().filter((span) => span.name === name),
    parentOf: ({ parentSpanContext }: ReadableSpan) =>
      ended().find((span) => span.spanContext().spanId === parentSpanContext?.spanId),
  };
}

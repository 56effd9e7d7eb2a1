import { setImmediate } from "node:timers/promises";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import { service } from "@restatedev/restate-sdk";
import { describe, expect, it } from "vitest";
import { action } from "../../services/actions.ts";
import { durableAction } from "../../services/durable-action.ts";
import { traces } from "../../services/traces/index.ts";
import { eventually } from "../support/eventually.ts";
import { inMemorySpans } from "../support/in-memory-spans.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

const { tracer, ended, named, parentOf } = inMemorySpans();

/** Does something that is traced; fails its first attempt if its index is odd. */
const work = action({
  name: "work",
  run: async ({ index, attempt }) => {
    await setImmediate();
    tracer.startSpan("inside").end();
    if (index % 2 === 1 && attempt === 1) throw new Error("not yet");
    return index;
  },
});

const steps = durableAction<object, null>({
  name: "steps",
  run: async (ctx) => ctx.run("first step", () => null),
});

const own = service({
  name: "Own",
  handlers: {
    greet: async () => trace.getActiveSpan()?.spanContext().traceId ?? "none",
  },
});

// Only a server that has somewhere to send spans to passes on whose they are; nobody listens there.
const { job, post } = await startTestFanfold(
  { actions: [work, steps], services: [own], traces: traces(tracer) },
  { RESTATE_TRACING_ENDPOINT: "http://127.0.0.1:1" },
);

describe("traces", () => {
  it("have a span for each chunk, in that of its runner's invocation", async () => {
    const { id } = await ran({ action: "work", fanout: { tasks: 10 } });
    const chunks = spansOf(id, "chunk work");
    expect(chunks.length).toBeGreaterThanOrEqual(1);
    if (!isReplayed) expect(chunks).toHaveLength(1);
    for (const chunk of chunks) {
      expect(chunk.attributes).toMatchObject({
        "fanfold.stage": 0,
        "fanfold.first": 0,
        "fanfold.size": 10,
        "fanfold.action": "work",
      });
      const invocation = parentOf(chunk);
      expect(invocation?.name).toBe("attempt Runner/run");
      expect(invocation?.attributes["restate.invocation.id"]).toMatch(/^inv_/);
    }
  });

  it("have a span for each attempt, in that of its chunk", async () => {
    const retry = { initialInterval: "1ms" } as const;
    const { id } = await ran({ action: "work", fanout: { tasks: 10 }, retry });
    const attempts = spansOf(id, "task work");
    for (let index = 0; index < 10; index += 1) {
      const ofTask = attempts.filter(
        ({ attributes }) => attributes["fanfold.task"] === `${id}/0/${index}`,
      );
      const outcomes = ofTask.map(({ attributes, status }) => [
        attributes["fanfold.attempt"],
        attributes["fanfold.outcome"],
        status.code,
      ]);
      expect(outcomes).toContainEqual(
        index % 2 === 1
          ? [1, "TASK_FAILED", SpanStatusCode.ERROR]
          : [1, "SUCCEEDED", SpanStatusCode.UNSET],
      );
      if (index % 2 === 1) expect(outcomes).toContainEqual([2, "SUCCEEDED", SpanStatusCode.UNSET]);
      // A task that was cut off by a suspension runs again.
      if (!isReplayed) expect(ofTask).toHaveLength(index % 2 === 1 ? 2 : 1);
    }
    for (const attempt of attempts) expect(parentOf(attempt)?.name).toBe("chunk work");
  });

  it("have what an action does in the span of its attempt", async () => {
    const { id } = await ran({ action: "work", fanout: { tasks: 1 } });
    const parents = named("inside").map(parentOf);
    expect(parents.map((parent) => parent?.attributes["fanfold.task"])).toContain(`${id}/0/0`);
  });

  it("have the steps of durable actions, and chunks of calls", async () => {
    const { id } = await ran({ action: "steps", fanout: { tasks: 2 } });
    expect(spansOf(id, "chunk steps").map((span) => parentOf(span)?.name)).toContain(
      "attempt Runner/call",
    );
    const [step] = named("run (first step)");
    expect(step && parentOf(step)?.name).toBe("attempt steps/task");
  });

  it("go on from the caller's trace in the handler that is called", async () => {
    const one = job();
    const request = { action: "work", fanout: { tasks: 1 } };
    await post(one.path("submit"), request, { headers: { traceparent } });
    const answer = await post("Own/greet", undefined, { headers: { traceparent } });
    expect(answer).toMatchObject({ body: traceId });
    await one.outcome();
    expect(namesIn(traceId)).toContain(`attempt Job/${one.id}/submit`);
  });

  it("have all that is done for a chunk in one trace", async () => {
    const { id } = await ran({ action: "work", fanout: { tasks: 3 } });
    const [chunk] = spansOf(id, "chunk work");
    const names = namesIn(chunk?.spanContext().traceId);
    for (const name of ["attempt Chunk/run", "attempt Runner/run", "run (commit)", "task work"]) {
      expect(names).toContain(name);
    }
  });

  it("have a span for the attempt of an action that was called by itself", async () => {
    await post("work/run", {});
    const called = await eventually(async () => {
      const found = named("task work").find((span) => parentOf(span)?.name === "attempt work/run");
      expect(found).toBeDefined();
      return found;
    });
    expect(called?.attributes).toMatchObject({
      "fanfold.attempt": 1,
      "fanfold.outcome": "SUCCEEDED",
    });
  });
});

// --- internal ---

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

const namesIn = (trace: string | undefined) =>
  ended()
    .filter((span) => span.spanContext().traceId === trace)
    .map(({ name }) => name);

async function ran(request: Parameters<ReturnType<typeof job>["run"]>[0]) {
  const one = job();
  await one.run(request);
  await everythingEnded(one.id);
  return one;
}

const spansOf = (jobId: string, name: string) =>
  named(name).filter(({ attributes }) => attributes["fanfold.job"] === jobId);

/** Spans are written when they end: a chunk's, after the job has heard its last report. */
const everythingEnded = (jobId: string) =>
  eventually(async () => {
    const chunks = ended().filter(
      ({ name, attributes }) => name.startsWith("chunk ") && attributes["fanfold.job"] === jobId,
    );
    expect(chunks.some((chunk) => parentOf(chunk) !== undefined)).toBe(true);
  });

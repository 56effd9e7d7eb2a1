import { SpanStatusCode, trace } from "@opentelemetry/api";
import type { Context } from "@restatedev/restate-sdk";
import { expect, it } from "vitest";
import { TerminalError } from "../../../services/actions.ts";
import type { ChunkSpec } from "../../../services/task/chunk-spec.ts";
import type { AttemptSpans } from "../../../services/task/executor/attempt-host.ts";
import { traces } from "../../../services/traces/index.ts";
import { inMemorySpans } from "../../support/in-memory-spans.ts";
import { ByHand, executionOf, runToEnd } from "../support/executions.ts";
import { FakeClock, settled } from "../support/fake-clock.ts";

const { tracer, ended, named, parentOf } = inMemorySpans();
const subject = traces(tracer);

const spec = {
  jobId: "job",
  generation: 1,
  stage: 0,
  chunk: 3,
  first: 400,
  size: 2,
  plan: { action: "work" },
} as ChunkSpec;

it("has a span for a chunk, and in it one for each attempt with what came of it", async () => {
  const clock = new FakeClock();
  const run = ({ index, attempt }: { index: number; attempt: number }) => {
    if (index === 1) throw new TerminalError("no paper", { code: "NO_PAPER" });
    if (index === 2 && attempt === 1) throw new Error("not yet");
    return index;
  };
  await subject.chunk(invocation(), spec, (spans) =>
    runToEnd(executionOf({ clock, spans, run, tasks: 3 }), clock),
  );
  const [whole] = named("chunk work");
  expect(whole?.attributes).toEqual({
    "fanfold.job": "job",
    "fanfold.generation": 1,
    "fanfold.stage": 0,
    "fanfold.chunk": 3,
    "fanfold.first": 400,
    "fanfold.size": 2,
    "fanfold.action": "work",
  });
  const attempts = named("task work");
  expect(attempts.map(parentOf)).toEqual([whole, whole, whole, whole]);
  const failed = (message: string) => ({ code: SpanStatusCode.ERROR, message });
  const fine = { code: SpanStatusCode.UNSET };
  expect(attempts.map(({ attributes, status }) => ({ attributes, status }))).toEqual(
    expect.arrayContaining([
      { attributes: attemptOf(0, 1, "SUCCEEDED"), status: fine },
      { attributes: attemptOf(1, 1, "NO_PAPER"), status: failed("no paper") },
      { attributes: attemptOf(2, 1, "TASK_FAILED"), status: failed("not yet") },
      { attributes: attemptOf(2, 2, "SUCCEEDED"), status: fine },
    ]),
  );
});

it("is the active span while an action runs", async () => {
  const clock = new FakeClock();
  const run = async () => {
    await settled();
    tracer.startSpan("inside").end();
  };
  await subject.chunk(invocation(), spec, (spans) =>
    runToEnd(executionOf({ clock, spans, run }), clock),
  );
  const [inside] = named("inside");
  expect(inside && parentOf(inside)).toBe(named("task work").at(-1));
  expect(trace.getActiveSpan()).toBeUndefined();
});

it("ends the spans of what is cut off", async () => {
  const before = ended().length;
  const cut = new AbortController();
  const byHand = new ByHand();
  let given: AttemptSpans | null = null;
  void subject.chunk(invocation(cut.signal), spec, async (spans) => {
    given = spans;
    return new Promise(() => undefined);
  });
  const clock = new FakeClock();
  const execution = executionOf({ clock, spans: given, run: byHand.run });
  void execution.take();
  execution.stop();
  cut.abort();
  expect(ended().slice(before)).toMatchObject([
    { name: "task work", attributes: { "fanfold.outcome": "GIVEN_UP" } },
    { name: "chunk work" },
  ]);
});

it("says that a chunk has failed, and why", async () => {
  const failing = subject.chunk(invocation(), spec, () => Promise.reject(new Error("no job")));
  await expect(failing).rejects.toThrow("no job");
  const failed = named("chunk work").at(-1);
  expect(failed?.status).toEqual({ code: SpanStatusCode.ERROR, message: "no job" });
});

// --- internal ---

function invocation(attemptCompletedSignal = new AbortController().signal): Context {
  return { request: () => ({ attemptCompletedSignal }) } as unknown as Context;
}

const attemptOf = (index: number, attempt: number, outcome: string) => ({
  "fanfold.job": "job",
  "fanfold.stage": 0,
  "fanfold.task": `job/0/${index}`,
  "fanfold.attempt": attempt,
  "fanfold.outcome": outcome,
});

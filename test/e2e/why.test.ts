import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { action, fold } from "../../services/actions.ts";
import { Blocker, type JobRequest } from "../../services/contract/index.ts";
import { waitForEvent } from "../../services/index.ts";
import { echo, gated } from "../support/actions.ts";
import { eventually } from "../support/eventually.ts";
import { refused } from "../support/http.ts";
import type { JobClient } from "../support/job-client.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

const gate = gated();
const single = { ...gated("single"), limits: { concurrency: 1 } };
const stumbles = action({
  name: "stumbles",
  run: () => {
    throw new Error("not yet");
  },
});
const released = new Set<string>();
const patient = fold({
  name: "patient",
  init: 0,
  step: async (count, { jobId }) => {
    await eventually(async () => expect(released).toContain(jobId));
    return count + 1;
  },
});

const waiting = restate.service({
  name: "Waiting",
  handlers: {
    one: async (ctx: Context, jobId: string) => waitForEvent(ctx, jobId, "approved"),
  },
});

const { job, post } = await startTestFanfold({
  actions: [echo, gate, single, stumbles, patient],
  services: [waiting],
});

/** A job that waits for one thing beside what it cannot do without. */
interface Cause {
  readonly kind: Blocker["kind"];
  readonly request: JobRequest;
  /** what else makes it wait */
  readonly meanwhile?: (one: JobClient) => Promise<unknown>;
  /** all that it waits for */
  readonly blockers: readonly object[];
}

/** Has the slot of "single". */
const holder = job();
beforeAll(async () => {
  await holder.submit({ action: "single", payload: { gate: holder.id }, fanout: { tasks: 1 } });
  await eventually(async () => expect((await holder.why()).blockers).toEqual([running]));
});
afterAll(async () => release(holder));

const some = expect.any(Number) as number;
const unsealed = {
  kind: "unsealed",
  stage: 0,
  message: "Stage 0 takes more tasks until it is sealed.",
};
const running = { kind: "running", stage: 0, count: 1, message: "1 task runs." };

const causes: readonly Cause[] = [
  {
    kind: "scheduled",
    request: { action: "echo", fanout: { tasks: 2 }, delay: "1h" },
    blockers: [
      { kind: "scheduled", startsAt: some, message: "The job starts later." },
      { kind: "pending", stage: 0, count: 2, message: "2 tasks wait for a free slot." },
    ],
  },
  {
    kind: "paused",
    request: { action: "echo", open: true },
    meanwhile: (one) => one.pause(),
    blockers: [{ kind: "paused", message: "The job is paused." }, unsealed],
  },
  { kind: "unsealed", request: { action: "echo", open: true }, blockers: [unsealed] },
  {
    kind: "pending",
    request: { action: "gated", fanout: { tasks: 3 }, limits: { concurrency: 1 } },
    blockers: [
      { kind: "pending", stage: 0, count: 2, message: "2 tasks wait for a free slot." },
      running,
    ],
  },
  {
    kind: "running",
    request: { action: "gated", fanout: { tasks: 1 } },
    blockers: [running],
  },
  {
    kind: "retrying",
    request: {
      action: "stumbles",
      fanout: { tasks: 2 },
      retry: { initialInterval: "20s", maxInterval: "20s" },
    },
    blockers: [
      {
        kind: "retrying",
        stage: 0,
        count: 2,
        nextRetryAt: some,
        message: "2 tasks wait for their next attempt.",
      },
    ],
  },
  {
    kind: "limiter",
    request: { action: "single", fanout: { tasks: 1 } },
    blockers: [
      {
        kind: "limiter",
        stage: 0,
        count: 1,
        action: "single",
        message: '1 task waits for what action "single" allows all jobs together.',
      },
    ],
  },
  {
    kind: "rate",
    request: {
      action: "echo",
      fanout: { tasks: 2 },
      limits: { rate: { tasks: 1, per: "1h" } },
    },
    blockers: [
      { kind: "rate", stage: 0, count: 1, message: "1 task waits for their stage's rate." },
    ],
  },
  {
    kind: "event",
    request: { action: "echo", open: true },
    meanwhile: async (one) => void refused(post("Waiting/one", one.id)),
    blockers: [
      unsealed,
      {
        kind: "event",
        events: [{ name: "approved", waiters: 1 }],
        message: 'Somebody waits for the event "approved".',
      },
    ],
  },
  {
    kind: "upstream",
    request: { actionChain: ["gated", "echo"], fanout: { tasks: 1 } },
    blockers: [
      running,
      {
        kind: "upstream",
        stage: 1,
        message: "Stage 1 may get more tasks until stage 0 has ended.",
      },
    ],
  },
  {
    kind: "stopping",
    request: { action: "gated", fanout: { tasks: 1 }, cancelGrace: "1m" },
    meanwhile: (one) => one.cancel({ reason: "enough" }),
    blockers: [
      {
        kind: "stopping",
        stage: 0,
        chunks: 1,
        message: "Stage 0 is being stopped (enough); 1 chunks wind down.",
      },
      running,
    ],
  },
  {
    kind: "fold",
    request: { action: "echo", fanout: { tasks: 1 }, fold: { action: "patient" } },
    blockers: [
      {
        kind: "fold",
        stage: 0,
        fold: "patient",
        message: 'The fold "patient" goes through the outcomes.',
      },
    ],
  },
];

/** Replayed, what runs starts over at each suspension, and who waits for its slot may get it meanwhile. */
const lasting = causes.filter(({ kind }) => !isReplayed || kind !== "limiter");

it.each(lasting)("says $kind while that is so, and nothing at the end", async (cause) => {
  const { kind, request, meanwhile, blockers } = cause;
  const one = job();
  await one.submit({ payload: { gate: one.id }, ...request });
  await meanwhile?.(one);
  await eventually(async () => expect(await one.why()).toEqual({ blockers }));
  expect(blockers).toContainEqual(expect.objectContaining({ kind }));
  await release(one);
});

it("is asked here of everything but sources, and chunks that are silent for a minute", () => {
  const asked = new Set(causes.map(({ kind }) => kind));
  const others = Blocker.shape.kind.options.filter((kind) => !asked.has(kind));
  // Told in test/e2e/source.test.ts and, by the clock, in test/unit/job/core/views.test.ts.
  expect(others).toEqual(["source", "silent"]);
});

// --- internal ---

/** Lets it end, and with it whatever waits. */
async function release(one: JobClient): Promise<void> {
  await one.cancel();
  gate.open(one.id);
  single.open(one.id);
  released.add(one.id);
  await one.outcome();
  expect(await one.why()).toEqual({ blockers: [] });
}

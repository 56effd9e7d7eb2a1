import { setTimeout as sleep } from "node:timers/promises";
import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  action,
  durableAction,
  emit,
  RetryableError,
  TerminalError,
} from "../../services/index.ts";
import { jsonSerde } from "../../services/wire/json.ts";
import { accepted, refused } from "../support/http.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

let attempts = 0;

const add = action({
  name: "math.add",
  input: z.object({ a: z.number(), b: z.number().default(1) }),
  output: z.object({ sum: z.number() }),
  run: (task) => ({ sum: task.input.a + task.input.b }),
});
const describeTask = action({ name: "describe_task", run: (task) => task });
const failing = action({
  name: "failing",
  input: z.object({ how: z.string() }),
  timeout: "300ms",
  cancelGrace: "100ms",
  run: async ({ input: { how } }, { signal }) => {
    attempts += 1;
    switch (how) {
      case "terminal":
        throw new TerminalError("no stock", { code: "NO_STOCK" });
      case "retryable":
        throw new RetryableError("busy", { code: "BUSY", retryAfter: "2s" });
      case "slow":
        return sleep(10_000, null, { signal });
      case "deaf":
        return sleep(2_000);
      case "bigint":
        return 1n;
      default:
        throw new Error("oops");
    }
  },
});
const picky = action({
  name: "picky",
  output: z.object({ ok: z.boolean() }) as z.ZodType<unknown>,
  run: () => ({ ok: "yes" }),
});
const emitting = action({ name: "emitting", run: () => emit({ sent: 1 }, { tasks: 3 }) });
const durable = durableAction({
  name: "durable_add",
  input: z.object({ a: z.number() }),
  run: async (ctx, { input, taskId }, { progress }) => {
    progress("nobody hears this");
    await ctx.sleep(10);
    if (input.a < 0) throw new RetryableError("negative", { code: "NEGATIVE" });
    return { sum: await ctx.run("add", () => input.a + 1), taskId };
  },
});
const caller = restate.service({
  name: "Caller",
  handlers: {
    call: async (ctx: Context, { service, parameter }: { service: string; parameter: unknown }) => {
      return ctx.genericCall({
        service,
        method: "run",
        parameter,
        inputSerde: jsonSerde(),
        outputSerde: jsonSerde(),
      });
    },
  },
});

const { post, admin, job } = await startTestFanfold({
  actions: [add, describeTask, failing, picky, emitting, durable],
  services: [caller],
});

describe("an action's own service", () => {
  it("has a public run, for everybody at the ingress", async () => {
    expect(await accepted(post("math.add/run", { a: 2, b: 3 }))).toEqual({ sum: 5 });
    expect(await accepted(post("math.add/run", { a: 2 }))).toEqual({ sum: 3 });
    expect(await accepted(post("durable_add/run", { a: 2 }))).toMatchObject({ sum: 3 });
    const services = await admin.services();
    for (const name of ["math.add", "durable_add", "failing"]) {
      const handlers = services.find((service) => service.name === name)?.handlers ?? [];
      expect(handlers.filter((handler) => handler.public).map((handler) => handler.name)).toEqual([
        "run",
      ]);
    }
  });

  it("answers other services", async () => {
    const parameter = { a: 40, b: 2 };
    expect(await accepted(post("Caller/call", { service: "math.add", parameter }))).toEqual({
      sum: 42,
    });
    expect(
      await accepted(post("Caller/call", { service: "durable_add", parameter })),
    ).toMatchObject({ sum: 41 });
  });

  it("runs once for calls that repeat their key", async () => {
    const headers = { "idempotency-key": "one" };
    const first = await accepted(post("describe_task/run", { n: 1 }, { headers }));
    expect(await accepted(post("describe_task/run", { n: 1 }, { headers }))).toEqual(first);
    const other = await accepted(post("describe_task/run", { n: 1 }));
    expect(other).not.toEqual(first);
  });

  it("gives the code a task of its own", async () => {
    const task = (await accepted(post("describe_task/run", { n: 1 }))) as { jobId: string };
    expect(task).toMatchObject({
      stage: 0,
      index: 0,
      parent: null,
      attempt: 1,
      action: "describe_task",
      input: { n: 1 },
      taskId: `${task.jobId}/0/0`,
    });
    expect(task.jobId).toMatch(/^inv_/);
  });

  it("answers the result of what is emitted: there is no next stage", async () => {
    expect(await accepted(post("emitting/run"))).toEqual({ sent: 1 });
  });

  it.each([
    ["math.add", { a: "two" }, { status: 400, code: "INVALID_INPUT" }],
    ["math.add", undefined, { status: 400, code: "INVALID_INPUT" }],
    ["durable_add", { a: null }, { status: 400, code: "INVALID_INPUT" }],
    ["picky", {}, { status: 500, code: "INVALID_OUTPUT" }],
    ["failing", { how: "terminal" }, { status: 500, code: "NO_STOCK", message: "no stock" }],
    ["failing", { how: "retryable" }, { status: 500, code: "BUSY", retryAfterMs: 2_000 }],
    ["failing", { how: "plain" }, { status: 500, code: "TASK_FAILED", message: "oops" }],
    ["failing", { how: "slow" }, { status: 500, code: "TASK_TIMEOUT" }],
    ["failing", { how: "deaf" }, { status: 500, code: "TASK_TIMEOUT" }],
    ["failing", { how: "bigint" }, { status: 500, code: "UNSERIALISABLE" }],
    ["durable_add", { a: -1 }, { status: 500, code: "NEGATIVE" }],
  ])("%s refuses or fails %j with its code", async (name, body, refusal) => {
    expect(await refused(post(`${name}/run`, body))).toMatchObject(refusal);
  });

  it("refuses what is no JSON, and too much of it", async () => {
    for (const name of ["math.add", "durable_add"]) {
      const raw = "{ no JSON";
      expect(await refused(post(`${name}/run`, undefined, { raw }))).toMatchObject({
        status: 400,
        code: "MALFORMED_JSON",
      });
      const large = { a: 1, padding: "x".repeat(9 * 1024 * 1024) };
      expect(await refused(post(`${name}/run`, large))).toMatchObject({
        status: 413,
        code: "REQUEST_TOO_LARGE",
      });
    }
  });

  it("makes one attempt, whatever comes of it", async () => {
    attempts = 0;
    await refused(post("failing/run", { how: "plain" }));
    expect(attempts).toBe(1);
  });

  it("can be a stage of a job, as any public handler can", async () => {
    const one = job();
    const outcome = await one.run({ action: "describe_task/run", fanout: { tasks: 2 } });
    expect(outcome).toMatchObject({ status: "SUCCEEDED" });
    const failed = job();
    const retry = { maxAttempts: 2, initialInterval: "1ms" } as const;
    await failed.run({ action: "picky/run", fanout: { tasks: 1 }, retry });
    expect(await failed.allResults()).toMatchObject([
      { error: { code: "INVALID_OUTPUT" }, attempts: 1 },
    ]);
  });
});

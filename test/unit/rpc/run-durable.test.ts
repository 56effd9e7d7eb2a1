import type { Context } from "@restatedev/restate-sdk";
import { expect, it } from "vitest";
import { z } from "zod";
import { durableAction, TerminalError } from "../../../services/index.ts";
import { runDurable } from "../../../services/rpc/run-durable.ts";

it("answers what the code returns, as JSON", async () => {
  const double = durableAction({
    name: "double",
    input: z.object({ n: z.coerce.number() }),
    output: z.object({ n: z.number() }),
    run: async (_, { input }) => ({ n: 2 * input.n }),
  });
  expect(await run(double, { n: "21" })).toBe('{"n":42}');
});

it.each([
  ["input", { input: breaking() }, {}],
  ["output", { output: breaking() }, {}],
  ["output", { output: breaking() }, { stage: -1 }],
])("ends when the schema of its %s throws", async (_, schema, place) => {
  const listed = { items: [], cursor: null };
  const whole = durableAction({ name: "whole", run: async () => listed });
  // Anything but a terminal error would have Restate try it again for ever.
  await expect(run({ ...whole, ...schema }, {}, place)).rejects.toMatchObject({
    message: "a schema of somebody's",
    code: 500,
    metadata: { code: "TASK_FAILED", retryable: "true" },
  });
});

it("fails as its code does", async () => {
  const refusing = durableAction({
    name: "refusing",
    run: async () => {
      throw new TerminalError("no stock", { code: "NO_STOCK" });
    },
  });
  await expect(run(refusing, {})).rejects.toMatchObject({ metadata: { code: "NO_STOCK" } });
});

// --- internal ---

function breaking(): z.ZodType<unknown> {
  return z.unknown().refine(() => {
    throw new Error("a schema of somebody's");
  });
}

const task = {
  jobId: "job",
  stage: 0,
  index: 0,
  taskId: "job/0/0",
  parent: null,
  origin: 0,
  generation: 1,
  attempt: 1,
  action: "durable",
};

const run = (
  action: Parameters<typeof runDurable>[1],
  input: unknown,
  place: { stage?: number } = {},
): Promise<string> =>
  runDurable({} as Context, action, { ...task, ...place, input }, { progress: () => undefined });

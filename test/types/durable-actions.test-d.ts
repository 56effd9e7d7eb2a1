import type { Context, RestatePromise } from "@restatedev/restate-sdk";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  durableAction,
  emit,
  runJob,
  waitForEvent,
  type DurableAction,
} from "../../services/index.ts";
import type { JobOutcome } from "../../services/contract/job-outcome.ts";
import type { Task } from "../../services/contract/task.ts";
import type { AnyDurableAction } from "../../services/durable-action.ts";

declare const ctx: Context;

const Order = z.object({ item: z.string(), copies: z.number().default(1) });
const Approved = z.object({ by: z.string() });

describe("durableAction", () => {
  it("gives run Restate's context, the input that its schema has read, and progress", () => {
    durableAction({
      name: "approve",
      input: Order,
      run: async (context, task, { progress }) => {
        expectTypeOf(context).toEqualTypeOf<Context>();
        expectTypeOf(task).toEqualTypeOf<Task<{ item: string; copies: number }>>();
        expectTypeOf(progress).toEqualTypeOf<(text: string) => void>();
        return null;
      },
    });
  });

  it("infers what it was given", () => {
    const approve = durableAction({
      name: "approve",
      input: Order,
      output: Approved,
      retry: { maxAttempts: 2 },
      limits: { concurrency: 5 },
      timeout: "7d",
      run: async () => ({ by: "Ada" }),
    });
    expectTypeOf(approve).toEqualTypeOf<
      DurableAction<
        { item: string; copies: number },
        { by: string },
        { item: string; copies?: number | undefined }
      >
    >();
    expectTypeOf(approve).toExtend<AnyDurableAction>();
  });

  it("takes what its output allows, plain or emitted", () => {
    const common = { name: "approve", output: Approved };
    durableAction({ ...common, run: async () => emit({ by: "Ada" }, { tasks: 2 }) });
    durableAction({
      ...common,
      run: async (context, { jobId }) => waitForEvent<{ by: string }>(context, jobId, "approved"),
    });
    // @ts-expect-error by is a string
    durableAction({ ...common, run: async () => ({ by: 1 }) });
  });

  it("refuses options that are for functions, or for nothing", () => {
    const run = async () => null;
    // @ts-expect-error each attempt is durable on its own
    durableAction({ name: "approve", run, durability: "task" });
    // @ts-expect-error run is required
    durableAction({ name: "approve" });
    // @ts-expect-error a handler is asynchronous
    durableAction({ name: "approve", run: () => null });
  });
});

describe("runJob", () => {
  it("promises an outcome that can be combined with others", () => {
    const outcome = runJob(ctx, { jobId: "sub", action: "work", fanout: { tasks: 3 } });
    expectTypeOf(outcome).toEqualTypeOf<RestatePromise<JobOutcome>>();
    // @ts-expect-error an action is named, not given
    void runJob(ctx, { action: durableAction, fanout: { tasks: 3 } });
  });
});

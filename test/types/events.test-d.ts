import type { Context, RestatePromise, WorkflowContext } from "@restatedev/restate-sdk";
import { describe, expectTypeOf, it } from "vitest";
import { waitForEvent } from "../../services/index.ts";

declare const ctx: Context;
declare const workflow: WorkflowContext;

describe("waitForEvent", () => {
  it("knows nothing of a payload that nobody described", () => {
    expectTypeOf(waitForEvent(ctx, "job", "go")).toEqualTypeOf<RestatePromise<unknown>>();
  });

  it("gives the payload that its caller expects, in every kind of handler", () => {
    const approved = waitForEvent<{ by: string }>(workflow, "job", "approved");
    expectTypeOf(approved).toEqualTypeOf<RestatePromise<{ by: string }>>();
  });
});

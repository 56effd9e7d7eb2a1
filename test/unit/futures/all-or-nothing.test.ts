import {
  CancelledError,
  RestatePromise,
  TerminalError,
  type Context,
} from "@restatedev/restate-sdk";
import { describe, expect, it } from "vitest";
import { allOrNothing } from "../../../services/futures/index.ts";

/** As much of a context as it takes, and what was cancelled through it. */
function canceller() {
  const cancelled: string[] = [];
  const ctx = { cancel: (id: string) => cancelled.push(id) } as unknown as Context;
  return { ctx, cancelled };
}

function call<Value>(future: RestatePromise<Value>, id: string) {
  return Object.assign(future, { invocationId: Promise.resolve(id) });
}

describe("allOrNothing", () => {
  it("has all values, in the order of the arguments", async () => {
    const { ctx, cancelled } = canceller();
    const values = await allOrNothing(ctx, RestatePromise.resolve(1), RestatePromise.resolve("b"));
    expect(values).toEqual([1, "b"]);
    expect(cancelled).toEqual([]);
  });

  it("fails as the first that fails and cancels the calls", async () => {
    const { ctx, cancelled } = canceller();
    const boom = new TerminalError("boom");
    const all = allOrNothing(
      ctx,
      call(RestatePromise.resolve(1), "inv_1"),
      RestatePromise.resolve(2),
      call(RestatePromise.reject(boom), "inv_3"),
    );
    await expect(all).rejects.toBe(boom);
    expect(cancelled).toEqual(["inv_1", "inv_3"]);
  });

  it("leaves the calls of a cancelled handler to Restate", async () => {
    const { ctx, cancelled } = canceller();
    const error = new CancelledError();
    const all = allOrNothing(
      ctx,
      call(RestatePromise.resolve(1), "inv_1"),
      RestatePromise.reject(error),
    );
    await expect(all).rejects.toBe(error);
    expect(cancelled).toEqual([]);
  });

  it("has nothing of nothing", async () => {
    expect(await allOrNothing(canceller().ctx)).toEqual([]);
  });
});

import { RestatePromise, TerminalError, type Context } from "@restatedev/restate-sdk";
import { describe, expect, it, vi } from "vitest";
import { pipeline } from "../../../services/futures/index.ts";
import { heldFuture, settle, type HeldFuture } from "../support/futures.ts";

vi.mock("@restatedev/restate-sdk", async (original) => ({
  ...(await original<object>()),
  ...(await import("../support/futures.ts")).fakeCombinators,
}));

const ctx = {} as Context;
const boom = new TerminalError("boom");

describe("pipeline", () => {
  it("takes each item through all stages and keeps the order", async () => {
    const outcomes = await pipeline(
      ctx,
      [1, 2, 3],
      (n) => RestatePromise.resolve(n * 10),
      (n, index) => RestatePromise.resolve(`${index}: ${n}`),
    );
    expect(outcomes).toEqual([
      { ok: true, value: "0: 10" },
      { ok: true, value: "1: 20" },
      { ok: true, value: "2: 30" },
    ]);
  });

  it("lets no item wait for another", async () => {
    const held: HeldFuture<string>[] = [];
    const arrived: string[] = [];
    const piping = pipeline(
      ctx,
      ["a", "b"],
      () => {
        const future = heldFuture();
        held.push(future);
        return future.future;
      },
      (value) => {
        arrived.push(value);
        return RestatePromise.resolve(value);
      },
    );
    held[1]?.succeed("second");
    await settle();
    expect(arrived).toEqual(["second"]);
    held[0]?.succeed("first");
    expect(await piping).toEqual([
      { ok: true, value: "first" },
      { ok: true, value: "second" },
    ]);
  });

  it("takes an item that failed no further", async () => {
    const seen: number[] = [];
    const outcomes = await pipeline(
      ctx,
      [1, 2],
      (n) => (n === 1 ? RestatePromise.reject<number>(boom) : RestatePromise.resolve(n)),
      (n) => {
        seen.push(n);
        return RestatePromise.resolve(n);
      },
    );
    expect(outcomes).toEqual([
      { ok: false, error: boom },
      { ok: true, value: 2 },
    ]);
    expect(seen).toEqual([2]);
  });

  it("has 64 items on their way", async () => {
    const held: HeldFuture<string>[] = [];
    const items = Array.from({ length: 100 }, (_, index) => index);
    const piping = pipeline(ctx, items, () => {
      const future = heldFuture();
      held.push(future);
      return future.future;
    });
    expect(held.length).toBe(64);
    for (const { succeed } of held) {
      succeed("done");
      await settle();
    }
    expect(await piping).toHaveLength(100);
  });

  it("has nothing of nothing", async () => {
    expect(await pipeline(ctx, [], () => RestatePromise.resolve(1))).toEqual([]);
  });

  it("refuses to run without stages", async () => {
    // @ts-expect-error at least one stage
    await expect(pipeline(ctx, [])).rejects.toThrow("pipeline needs at least one stage, got none");
  });
});

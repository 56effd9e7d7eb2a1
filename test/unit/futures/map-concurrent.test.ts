import { RestatePromise, TerminalError, type Context } from "@restatedev/restate-sdk";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { mapConcurrent } from "../../../services/futures/index.ts";
import { heldFuture, looks, settle, type HeldFuture } from "../support/futures.ts";
import { holdsAsync } from "../support/property.ts";

vi.mock("@restatedev/restate-sdk", async (original) => ({
  ...(await original<object>()),
  ...(await import("../support/futures.ts")).fakeCombinators,
}));

const ctx = {} as Context;
const nothing = () => RestatePromise.resolve(null);
const boom = new TerminalError("boom");

describe("mapConcurrent", () => {
  it("has all outcomes in the order of the items, whoever settles first", () =>
    holdsAsync(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 150 }),
        fc.integer({ min: 1, max: 100 }),
        fc.infiniteStream(fc.nat()),
        async (items, concurrency, picks) => {
          const running = new Map<number, HeldFuture<number>>();
          let most = 0;
          const mapping = mapConcurrent(
            ctx,
            items,
            (_, index) => {
              const held = heldFuture<number>();
              running.set(index, held);
              most = Math.max(most, running.size);
              return held.future;
            },
            { concurrency },
          );
          while (running.size > 0) {
            const [index, held] = [...running][picks.next().value % running.size]!;
            running.delete(index);
            if (items[index]) held.succeed(index);
            else held.fail(boom);
            await settle();
          }
          expect(await mapping).toEqual(
            items.map((good, index) =>
              good ? { ok: true, value: index } : { ok: false, error: boom },
            ),
          );
          expect(most).toBe(Math.min(items.length, concurrency));
        },
      ),
    ));

  it("hands each item over with its index and the context", async () => {
    const outcomes = await mapConcurrent(
      ctx,
      ["a", "b"],
      (item, index, given) => RestatePromise.resolve([item, index, given === ctx]),
      { concurrency: 1 },
    );
    expect(outcomes).toEqual([
      { ok: true, value: ["a", 0, true] },
      { ok: true, value: ["b", 1, true] },
    ]);
  });

  it("takes a TerminalError that is thrown as the failure of its item", async () => {
    const outcomes = await mapConcurrent(
      ctx,
      [1, 2],
      (item) => {
        if (item === 1) throw boom;
        return RestatePromise.resolve(item);
      },
      { concurrency: 2 },
    );
    expect(outcomes).toEqual([
      { ok: false, error: boom },
      { ok: true, value: 2 },
    ]);
  });

  it("swallows no other error", async () => {
    const bug = new RangeError("bug");
    const throwing = () => {
      throw bug;
    };
    await expect(mapConcurrent(ctx, [1], throwing, { concurrency: 1 })).rejects.toBe(bug);
  });

  it("looks once for all calls that ended while the server took the newest in", async () => {
    const held: HeldFuture<string>[] = [];
    const taken = Promise.withResolvers<string>();
    looks.length = 0;
    const mapping = mapConcurrent(
      ctx,
      [1, 2, 3, 4],
      () => {
        const call = heldFuture();
        held.push(call);
        return Object.assign(call.future, { invocationId: taken.promise });
      },
      { concurrency: 4 },
    );
    for (const { succeed } of held) succeed("done");
    await settle();
    expect(looks).toEqual([]);
    taken.resolve("inv_4");
    expect(await mapping).toHaveLength(4);
    expect(looks).toEqual([4]);
  });

  it("has nothing of nothing", async () => {
    expect(await mapConcurrent(ctx, [], nothing, { concurrency: 1 })).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])("refuses concurrency %s", async (concurrency) => {
    await expect(mapConcurrent(ctx, [], nothing, { concurrency })).rejects.toThrow(
      `mapConcurrent: concurrency must be a whole number of at least 1, got ${concurrency}`,
    );
  });

  it("refuses what is no future of Restate", async () => {
    const native = () => Promise.resolve(1) as RestatePromise<number>;
    await expect(mapConcurrent(ctx, [1], native, { concurrency: 1 })).rejects.toThrow(
      "what is done with item 0 must be a RestatePromise (a call, ctx.run, ctx.sleep, …), got Promise",
    );
  });
});

import { RestatePromise, TerminalError } from "@restatedev/restate-sdk";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { wait } from "../../../services/futures/index.ts";
import { heldFuture, looks, settle } from "../support/futures.ts";
import { holdsAsync } from "../support/property.ts";

vi.mock("@restatedev/restate-sdk", async (original) => ({
  ...(await original<object>()),
  ...(await import("../support/futures.ts")).fakeCombinators,
}));

/** Settles futures in that order, one after another, and says in which order `wait` gives them. */
async function orderSeen(completions: readonly number[]): Promise<number[]> {
  const held = completions.map(() => heldFuture<number>());
  const seen: number[] = [];
  const waiting = (async () => {
    for await (const { index } of wait(...held.map(({ future }) => future))) seen.push(index);
  })();
  for (const index of completions) {
    await settle();
    held[index]?.succeed(index);
  }
  await waiting;
  return seen;
}

/** The same, by the definition: whoever has settled is seen as soon as fewer than 64 before it have not. */
function orderExpected(completions: readonly number[]): number[] {
  const unseen = new Set(completions.toSorted((a, b) => a - b));
  const settled = new Set<number>();
  const seen: number[] = [];
  for (const completed of completions) {
    settled.add(completed);
    for (;;) {
      const next = [...unseen].slice(0, 64).find((index) => settled.has(index));
      if (next === undefined) break;
      unseen.delete(next);
      seen.push(next);
    }
  }
  return seen;
}

const orders = (longest: number) =>
  fc
    .integer({ min: 0, max: longest })
    .map((length) => Array.from({ length }, (_, index) => index))
    .chain((indexes) =>
      fc.shuffledSubarray(indexes, { minLength: indexes.length, maxLength: indexes.length }),
    );

describe("wait", () => {
  it("gives values and errors as they come", async () => {
    const boom = new TerminalError("boom");
    const [slow, bad] = [heldFuture(), heldFuture()];
    const ends = wait(slow.future, bad.future, RestatePromise.resolve(1));
    expect(await ends.next()).toEqual({ done: false, value: { index: 2, ok: true, value: 1 } });
    bad.fail(boom);
    expect(await ends.next()).toEqual({ done: false, value: { index: 1, ok: false, error: boom } });
    slow.succeed("late");
    expect(await ends.next()).toEqual({
      done: false,
      value: { index: 0, ok: true, value: "late" },
    });
    expect(await ends.next()).toEqual({ done: true, value: undefined });
  });

  it("gives up to 64 futures in the order of completion", () =>
    holdsAsync(
      fc.asyncProperty(orders(64), async (completions) => {
        expect(await orderSeen(completions)).toEqual(completions);
      }),
    ));

  it("gives more in the order of completion within the window", () =>
    holdsAsync(
      fc.asyncProperty(orders(200), async (completions) => {
        expect(await orderSeen(completions)).toEqual(orderExpected(completions));
      }),
    ));

  it("looks at no more than 64 at a time", async () => {
    looks.length = 0;
    await orderSeen(Array.from({ length: 300 }, (_, index) => index));
    expect(Math.max(...looks)).toBe(64);
    expect(looks.length).toBeLessThanOrEqual(300);
  });

  it("ends at once without futures", async () => {
    expect(await wait().next()).toEqual({ done: true, value: undefined });
  });

  it("refuses what is no future of Restate", () => {
    const native = Promise.resolve(1) as RestatePromise<number>;
    expect(() => wait(RestatePromise.resolve(1), native)).toThrow(
      "wait: 1 must be a RestatePromise (a call, ctx.run, ctx.sleep, …), got Promise",
    );
  });
});

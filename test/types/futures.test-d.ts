import type { Context, InvocationPromise, RestatePromise } from "@restatedev/restate-sdk";
import { describe, expectTypeOf, it } from "vitest";
import {
  allOrNothing,
  bestEffort,
  mapConcurrent,
  pipeline,
  wait,
  waitFirst,
  waitN,
  withTimeout,
  type Outcome,
} from "../../services/futures/index.ts";

declare const ctx: Context;
declare const text: RestatePromise<string>;
declare const number: InvocationPromise<number>;
declare const numbers: RestatePromise<number>[];

describe("futures", () => {
  it("knows which future an index stands for", async () => {
    for await (const end of wait(text, number)) {
      expectTypeOf(end.index).toEqualTypeOf<0 | 1>();
      if (end.ok && end.index === 0) expectTypeOf(end.value).toEqualTypeOf<string>();
      if (end.ok && end.index === 1) expectTypeOf(end.value).toEqualTypeOf<number>();
    }
    const first = await waitFirst(text, number);
    if (first.ok) expectTypeOf(first.value).toEqualTypeOf<string | number>();
  });

  it("takes arrays", async () => {
    const [first] = await waitN(1, ...numbers);
    expectTypeOf(first?.index).toEqualTypeOf<number | undefined>();
    if (first?.ok) expectTypeOf(first.value).toEqualTypeOf<number>();
    expectTypeOf(await allOrNothing(ctx, ...numbers)).toEqualTypeOf<number[]>();
  });

  it("has tuples as Promise.all has them", async () => {
    expectTypeOf(await allOrNothing(ctx, text, number)).toEqualTypeOf<[string, number]>();
    expectTypeOf(await allOrNothing(ctx)).toEqualTypeOf<[]>();
  });

  it("parts successes from failures", async () => {
    const { succeeded, failed } = await bestEffort(text, number);
    for (const end of succeeded) {
      if (end.index === 0) expectTypeOf(end.value).toEqualTypeOf<string>();
    }
    expectTypeOf(failed[0]!.error.message).toEqualTypeOf<string>();
  });

  it("adds the fallback to what a future may be", () => {
    expectTypeOf(withTimeout(text, "1s")).toEqualTypeOf<RestatePromise<string>>();
    expectTypeOf(withTimeout(text, 500, null)).toEqualTypeOf<RestatePromise<string | null>>();
  });

  it("follows the values from stage to stage", () => {
    const outcomes = pipeline(
      ctx,
      ["a"],
      (item) => {
        expectTypeOf(item).toEqualTypeOf<string>();
        return number;
      },
      (item, index, given) => {
        expectTypeOf(item).toEqualTypeOf<number>();
        expectTypeOf(index).toEqualTypeOf<number>();
        expectTypeOf(given).toEqualTypeOf<Context>();
        return text;
      },
    );
    expectTypeOf(outcomes).toEqualTypeOf<Promise<Outcome<string>[]>>();
    const mapped = mapConcurrent(ctx, ["a"], () => number, { concurrency: 2 });
    expectTypeOf(mapped).toEqualTypeOf<Promise<Outcome<number>[]>>();
  });
});

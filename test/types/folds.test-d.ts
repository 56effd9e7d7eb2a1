import { describe, expectTypeOf, it } from "vitest";
import { fold, type AnyAction, type AnyFold, type UserFold } from "../../services/actions.ts";
import type { TaskOutcome } from "../../services/contract/task.ts";

interface Total {
  readonly items: number;
  readonly names: string[];
}
const none: Total = { items: 0, names: [] };

describe("fold", () => {
  it("accumulates what init is", () => {
    const total = fold({
      name: "total",
      init: none,
      step: (acc, outcome) => {
        expectTypeOf(acc).toEqualTypeOf<Total>();
        expectTypeOf(outcome).toEqualTypeOf<TaskOutcome>();
        return { items: acc.items + 1, names: acc.names };
      },
    });
    expectTypeOf(total).toEqualTypeOf<UserFold<Total, Total>>();
    expectTypeOf(total).toExtend<AnyFold>();
    expectTypeOf(total).not.toExtend<AnyAction>();
  });

  it("accumulates what init returns", () => {
    const total = fold({
      name: "total",
      init: () => ({ sum: 0, seen: [] as number[] }),
      step: (acc, { index }) => {
        expectTypeOf(acc).toEqualTypeOf<{ sum: number; seen: number[] }>();
        acc.seen.push(index);
        return acc;
      },
    });
    expectTypeOf(total).toExtend<AnyFold>();
  });

  it("accumulates numbers, not only the first one", () => {
    const count = fold({ name: "count", init: 0, step: (acc) => acc + 1 });
    expectTypeOf(count).toEqualTypeOf<UserFold<number, number>>();
  });

  it("takes steps and a finish that are awaited", () => {
    const count = fold({
      name: "count",
      init: 0,
      step: async (acc) => acc + 1,
      finish: async (acc) => {
        expectTypeOf(acc).toEqualTypeOf<number>();
        return `${acc} tasks`;
      },
    });
    expectTypeOf(count).toEqualTypeOf<UserFold<number, string>>();
    expectTypeOf(count).toExtend<AnyFold>();
  });

  it("refuses a step that returns something else", () => {
    // @ts-expect-error the accumulator is a number
    fold({ name: "count", init: 0, step: (acc) => `${acc}` });
    // @ts-expect-error also in a promise
    fold({ name: "count", init: 0, step: async (acc) => `${acc}` });
    // @ts-expect-error a step returns the accumulator
    fold({ name: "count", init: none, step: (acc) => void acc.names.push("x") });
  });

  it("refuses options that are missing or unknown", () => {
    const step = (acc: number) => acc;
    // @ts-expect-error a name is required
    fold({ init: 0, step });
    // @ts-expect-error init is required
    fold({ name: "count", step });
    // @ts-expect-error step is required
    fold({ name: "count", init: 0 });
    // @ts-expect-error there is no such option
    fold({ name: "count", init: 0, step, timeout: "1s" });
  });
});

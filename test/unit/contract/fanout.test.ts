import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Fanout,
  fanoutTasks,
  rangeItems,
  StaticFanout,
} from "../../../services/contract/fanout.ts";
import { holds } from "../support/property.ts";

const pages = { action: "list_pages" };

describe("Fanout", () => {
  it.each([
    { foreach: { items: [] } },
    { foreach: { items: [1, "a", null, { b: [] }], as: "_row", batch: 1_000 } },
    { range: { start: 1, stop: 100 } },
    { range: { start: 100, stop: 1, step: -7, as: "page", batch: 10 } },
    { range: { start: 1, stop: 0 } },
    { range: { start: 0, stop: 999_999_999 } },
    { tasks: 0 },
    { tasks: 1_000_000_000 },
    { from: pages },
    { from: { action: "Pages/list", as: "row", payload: { source: 1 } } },
  ])("accepts %j", (fanout) => {
    expect(Fanout.parse(fanout)).toEqual(fanout);
  });

  it.each([
    [{}, "must have exactly one of foreach, range, tasks, from"],
    [{ tasks: 1, foreach: { items: [] } }, "must have exactly one of foreach, range, tasks, from"],
    [{ tasks: 1, many: 1 }, 'Unrecognized key: "many"'],
    [{ range: { start: 1, stop: 2, stepp: 1 } }, 'Unrecognized key: "stepp"'],
    [{ range: { start: 1, stop: 5, step: 0 } }, "must not be 0"],
    [{ range: { start: 1, stop: 5, step: 0.5 } }, "expected int"],
    [{ range: { start: 0, stop: 1_000_000_000 } }, "must yield at most 1000000000 items"],
    [{ range: { start: 1.5, stop: 5 } }, "expected int"],
    [{ range: { start: "1", stop: 5 } }, "expected number"],
    [{ range: { start: 1 } }, "expected number"],
    [{ range: { start: 1, stop: 5, batch: 0 } }, ">=1"],
    [{ foreach: { items: [], batch: 1_001 } }, "<=1000"],
    [{ foreach: { items: [], batch: 2.5 } }, "expected int"],
    [{ foreach: { items: {} } }, "expected array"],
    [{ foreach: {} }, "expected array"],
    [{ foreach: { items: [], as: "" } }, "must match pattern"],
    [{ foreach: { items: [], as: "1st" } }, "must match pattern"],
    [{ foreach: { items: [], as: "a-b" } }, "must match pattern"],
    [{ foreach: { items: [], as: "a".repeat(65) } }, "must match pattern"],
    [{ foreach: { items: [], as: "__proto__" } }, "Invalid input"],
    [{ tasks: -1 }, ">=0"],
    [{ tasks: 1.5 }, "expected int"],
    [{ tasks: 1_000_000_001 }, "<=1000000000"],
    [{ tasks: "10" }, "expected number"],
    [{ from: {} }, "expected string"],
    [{ from: { action: "a b" } }, 'must be an action\'s name or "Service/handler"'],
    [{ from: { ...pages, payload: [] } }, "expected record"],
    [null, "expected object"],
    [[], "expected object"],
  ])("refuses %j", (fanout, message) => {
    expect(messagesFor(Fanout, fanout)).toContain(message);
  });

  it("refuses a range that doubles cannot count out exactly", () => {
    // 5,992,800,745,259,014 is the sixth item of it, and comes out one less.
    const [start, stop] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
    const range = { start, stop, step: 3_000_000_000_000_001 };
    expect(Fanout.safeParse({ range }).success).toBe(false);
  });

  it("takes a source of items in submit only", () => {
    expect(messagesFor(StaticFanout, { from: pages })).toBe("from is for submit only");
    expect(StaticFanout.safeParse({ tasks: 1 }).success).toBe(true);
  });
});

describe("fanoutTasks", () => {
  it.each([
    [{ foreach: { items: [] } }, 0],
    [{ foreach: { items: [1, 2, 3] } }, 3],
    [{ foreach: { items: [1, 2, 3], batch: 2 } }, 2],
    [{ foreach: { items: [1, 2, 3], batch: 3 } }, 1],
    [{ foreach: { items: [], batch: 3 } }, 0],
    [{ range: { start: 1, stop: 100 } }, 100],
    [{ range: { start: 1, stop: 1 } }, 1],
    [{ range: { start: 1, stop: 0 } }, 0],
    [{ range: { start: 5, stop: 5, step: -1 } }, 1],
    [{ range: { start: 5, stop: 1, step: -2 } }, 3],
    [{ range: { start: 5, stop: 1 } }, 0],
    [{ range: { start: 1, stop: 5, step: -1 } }, 0],
    [{ range: { start: 0, stop: 9, step: 4 } }, 3],
    [{ range: { start: 0, stop: 9, step: 100 } }, 1],
    [{ range: { start: 1, stop: 10, batch: 4 } }, 3],
    [{ tasks: 0 }, 0],
    [{ tasks: 7 }, 7],
    [{ from: pages }, null],
  ])("counts %j as %j tasks", (fanout, tasks) => {
    expect(fanoutTasks(Fanout.parse(fanout))).toBe(tasks);
  });

  it("counts a range as if it were counted out", () => {
    const bound = fc.integer({ min: -50, max: 50 });
    const step = fc.integer({ min: -7, max: 7 }).filter((value) => value !== 0);
    holds(
      fc.property(bound, bound, step, (start, stop, by) => {
        const isWithin = (value: number) => (by > 0 ? value <= stop : value >= stop);
        let counted = 0;
        for (let value = start; isWithin(value); value += by) counted += 1;
        expect(rangeItems({ start, stop, step: by })).toBe(counted);
      }),
    );
  });
});

// --- internal ---

function messagesFor(schema: typeof Fanout, value: unknown): string {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).map(({ message }) => message).join("; ");
}

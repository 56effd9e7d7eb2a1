import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SOURCE } from "../../../../services/contract/task.ts";
import { Slots } from "../../../../services/task/executor/slots.ts";
import { holds } from "../../support/property.ts";

describe("Slots", () => {
  it("are what was granted less what was released", () => {
    const slots = slotsOf({ granted: 10 });
    slots.keep(3);
    expect(slots.count).toBe(3);
    slots.grant(12);
    expect(slots.count).toBe(5);
    slots.keep(0);
    expect(slots.count).toBe(0);
  });

  it("change nothing when a grant comes late or twice", () => {
    const slots = slotsOf({ granted: 10 });
    for (const total of [12, 12, 10, 0]) slots.grant(total);
    expect(slots.count).toBe(12);
  });

  it("are none as long as more was released than is known to be granted", () => {
    const slots = slotsOf({ granted: 10, released: 14 });
    expect(slots.count).toBe(0);
    slots.want(2);
    expect(slots.head).toEqual({ released: 14, wants: 16 });
    slots.grant(16);
    expect(slots.count).toBe(2);
  });

  it("are wanted as a total, and only as long as they are too few", () => {
    const slots = slotsOf({ granted: 4 });
    slots.want(4);
    expect(slots.head).toEqual({});
    slots.want(7);
    expect(slots.head).toEqual({ wants: 7 });
    slots.grant(7);
    slots.want(7);
    expect(slots.head).toEqual({});
  });

  it("are news until the job is told", () => {
    const slots = slotsOf({ granted: 4 });
    expect(slots.hasNews).toBe(false);
    slots.keep(0);
    expect(slots.hasNews).toBe(true);
    slots.told();
    slots.want(3);
    expect(slots.hasNews).toBe(true);
    slots.told();
    slots.want(2);
    expect(slots.hasNews).toBe(false);
    slots.want(4);
    expect(slots.hasNews).toBe(true);
  });

  it("are kept by who reads a page", () => {
    const slots = slotsOf({ stage: SOURCE, granted: 1 });
    slots.keep(0);
    expect(slots.count).toBe(1);
  });

  it("are never more than the job believes, whatever is lost and however late it comes", () => {
    const action = fc.oneof(
      fc.record({ do: fc.constant("keep" as const), needed: fc.nat({ max: 9 }) }),
      fc.record({ do: fc.constant("grant" as const), more: fc.nat({ max: 9 }) }),
      fc.record({ do: fc.constant("hear" as const), which: fc.nat() }),
      fc.record({ do: fc.constant("read" as const), which: fc.nat() }),
    );
    holds(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const slots = slotsOf({ granted: 5 });
        const [grants, reports] = [[5], [0]];
        let read = 0;
        for (const act of actions) {
          if (act.do === "keep") slots.keep(act.needed);
          if (act.do === "keep") reports.push(slots.head.released ?? 0);
          if (act.do === "grant") grants.push(grants.at(-1)! + act.more);
          if (act.do === "hear") slots.grant(grants[act.which % grants.length]!);
          if (act.do === "read") read = Math.max(read, reports[act.which % reports.length]!);
          expect(slots.count).toBeLessThanOrEqual(grants.at(-1)! - read);
        }
        slots.grant(grants.at(-1)!);
        expect(slots.count).toBe(grants.at(-1)! - reports.at(-1)!);
      }),
    );
  });
});

const slotsOf = (before: { stage?: number; granted: number; released?: number }) =>
  new Slots({ stage: 0, released: 0, ...before });

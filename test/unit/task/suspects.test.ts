import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Suspects } from "../../../services/task/suspects.ts";
import { holds } from "../support/property.ts";

const range = (count: number) => Array.from({ length: count }, (_, at) => at);

describe("Suspects", () => {
  it("suspects nobody for the first three deaths of a process", () => {
    const suspects = new Suspects(2);
    for (let death = 0; death < 3; death += 1) {
      expect(suspects.next(range(5))).toEqual({ group: range(5), kind: "together" });
      expect(suspects.died(range(5), false)).toEqual([]);
    }
    expect(suspects.next(range(5))).toEqual({ group: [0, 1], kind: "group" });
  });

  it("runs those apart that saw a death in a group, after everybody else", () => {
    const suspects = afterThreeDeaths(range(4), 2);
    suspects.next(range(4));
    suspects.died([0, 1], false);
    expect(suspects.next(range(4))).toMatchObject({ kind: "group", group: [2, 3] });
    expect(suspects.next([0, 1])).toMatchObject({ kind: "alone", group: [0] });
  });

  it.each([
    { isAlone: true, deaths: 3 },
    { isAlone: false, deaths: 10 },
  ])("convicts after $deaths deaths when it was alone: $isAlone", ({ isAlone, deaths }) => {
    const suspects = afterThreeDeaths([0], 1);
    suspects.next([0]);
    suspects.died([0], false);
    for (let death = 1; death < deaths; death += 1) {
      suspects.next([0]);
      expect(suspects.died([0], isAlone)).toEqual([]);
    }
    suspects.next([0]);
    expect(suspects.died([0], isAlone)).toEqual([0]);
    expect(suspects.deaths(0)).toBe(deaths + 4);
  });

  it("convicts nobody for deaths in a group", () => {
    const suspects = afterThreeDeaths(range(3), 3);
    for (let death = 0; death < 50; death += 1) {
      const { kind } = suspects.next([death + 10]);
      expect(kind).toBe("group");
      expect(suspects.died([death + 10], false)).toEqual([]);
    }
  });

  it("finds exactly the tasks that kill, whichever they are", () => {
    holds(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 8 }),
        fc.uniqueArray(fc.nat({ max: 19 }), { maxLength: 5 }),
        (size, groupSize, chosen) => {
          const killers = new Set(chosen.filter((index) => index < size));
          const suspects = new Suspects(groupSize);
          const convicted: number[] = [];
          let open = range(size);
          let rounds = 0;
          while (open.length > 0) {
            expect((rounds += 1)).toBeLessThan(200);
            const { group, kind } = suspects.next(open);
            const killer = group.find((index) => killers.has(index));
            if (killer === undefined) {
              open = open.filter((index) => !group.includes(index));
              continue;
            }
            // Those before the killer had their outcome when it struck.
            const lost = group.slice(group.indexOf(killer));
            open = open.filter((index) => !group.includes(index) || lost.includes(index));
            const found = suspects.died(lost, kind === "alone");
            convicted.push(...found);
            open = open.filter((index) => !found.includes(index));
          }
          expect(convicted.sort((a, b) => a - b)).toEqual([...killers].sort((a, b) => a - b));
        },
      ),
    );
  });
});

// --- internal ---

function afterThreeDeaths(open: readonly number[], groupSize: number): Suspects {
  const suspects = new Suspects(groupSize);
  for (let death = 0; death < 3; death += 1) {
    suspects.next(open);
    suspects.died(open, false);
  }
  return suspects;
}

import { describe, expect, it } from "vitest";
import { HORIZON_MS } from "../../../../services/limits/core/starts.ts";
import { StartTimes } from "../../../../services/task/executor/start-times.ts";

describe("StartTimes", () => {
  it("hands out times in their order", () => {
    const times = new StartTimes();
    times.add({ inMs: 5, everyMs: 10, count: 2 }, 1_000);
    times.add({ inMs: 20, everyMs: 10, count: 1 }, 1_010);
    const seen: number[] = [];
    for (; times.count(1_000) > 0; times.use()) seen.push(times.next(1_000));
    expect(seen).toEqual([1_005, 1_015, 1_030]);
    expect(times.next(1_000)).toBe(Infinity);
  });

  it("loses those that were missed by more than the horizon", () => {
    const times = new StartTimes();
    times.add({ inMs: 0, everyMs: 100, count: 3 }, 1_000);
    expect(times.count(1_000 + HORIZON_MS)).toBe(3);
    expect(times.count(1_001 + HORIZON_MS)).toBe(2);
    expect(times.next(1_001 + HORIZON_MS)).toBe(1_100);
  });
});

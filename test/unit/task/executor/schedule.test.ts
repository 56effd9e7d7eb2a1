import { describe, expect, it } from "vitest";
import { Schedule } from "../../../../services/task/executor/schedule.ts";

const NOTHING = { lines: [], succeeded: 0, failed: 0 };
const quiet = { passesOn: false, returns: false, runsOut: false };
const fresh = {
  startedAt: 0,
  committedBytes: 0,
  unsavedBytes: 0,
  isEager: false,
  beatMs: 1_000,
  limiters: [],
};

/** Of groups with so many succeeded and failed tasks, 50 ms apart: which are reported. */
function reported(
  decisive: { succeeded: number | null; failed: number | null },
  groups: [number, number][],
): boolean[] {
  const schedule = new Schedule({ ...fresh, decisive }, 0);
  return groups.map(([succeeded, failed], at) => {
    schedule.count({ ...NOTHING, succeeded, failed });
    return schedule.takeReport(50 * (at + 1), quiet);
  });
}

describe("outcomes that may decide a stage", () => {
  it("are reported at once, and once", () => {
    expect(
      reported({ succeeded: 3, failed: null }, [
        [1, 9],
        [1, 0],
        [1, 0],
        [5, 0],
      ]),
    ).toEqual([false, false, true, false]);
    expect(
      reported({ succeeded: null, failed: 1 }, [
        [9, 0],
        [0, 4],
        [0, 1],
      ]),
    ).toEqual([false, true, false]);
    expect(
      reported({ succeeded: 5, failed: 2 }, [
        [4, 1],
        [0, 1],
        [1, 0],
      ]),
    ).toEqual([false, true, false]);
  });

  it("wait for the next beat where none decides", () => {
    const groups = Array.from({ length: 20 }, (): [number, number] => [7, 3]);
    const decisive = { succeeded: null, failed: null };
    expect(reported(decisive, groups).lastIndexOf(false)).toBe(18);
    expect(reported(decisive, groups).indexOf(true)).toBe(19);
  });
});

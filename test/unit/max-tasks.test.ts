import { describe, expect, it } from "vitest";
import { maxTasks } from "../../services/max-tasks.ts";

describe("FANFOLD_MAX_TASKS", () => {
  it.each([
    [undefined, 10_000],
    ["", 10_000],
    ["1", 1],
    ["250000", 250_000],
  ])("%j means %d attempts", (value, tasks) => {
    expect(maxTasks(value)).toBe(tasks);
  });

  it.each(["0", "-5", "1.5", "many", "Infinity", "1e400", "10 000"])(
    "is refused as %j",
    (value) => {
      expect(() => maxTasks(value)).toThrow(RangeError);
      expect(() => maxTasks(value)).toThrow(
        `FANFOLD_MAX_TASKS must be a whole number of at least 1, got "${value}".`,
      );
    },
  );
});

import { expect, it } from "vitest";

it("fanfold/futures is what handlers combine futures with", async () => {
  expect(Object.keys(await import("fanfold/futures")).toSorted()).toEqual([
    "allOrNothing",
    "bestEffort",
    "mapConcurrent",
    "pipeline",
    "wait",
    "waitFirst",
    "waitN",
    "withTimeout",
  ]);
});

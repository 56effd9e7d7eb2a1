import { expect, it } from "vitest";
import { action, fold } from "../../services/actions.ts";
import { durableAction } from "../../services/durable-action.ts";
import { registryOf } from "../../services/registry.ts";

const work = action({ name: "work", run: () => null });
const approve = durableAction({ name: "approve", run: async () => null });
const summarize = fold({ name: "summarize", init: 0, step: (acc) => acc });

it("finds actions and folds by name, each only as what it is", () => {
  const { findAction, findFold } = registryOf([work, approve, summarize]);
  expect(findAction("work")).toBe(work);
  expect(findAction("approve")).toBe(approve);
  expect(findFold("summarize")).toBe(summarize);
  for (const name of ["summarize", "constructor", ""]) expect(findAction(name)).toBeUndefined();
  for (const name of ["work", "approve", "constructor", ""]) expect(findFold(name)).toBeUndefined();
});

it.each([
  [[work, { ...work }], "work"],
  [[summarize, { ...summarize }], "summarize"],
  [[work, { ...summarize, name: "work" }], "work"],
])("refuses two of the same name", (definitions, name) => {
  expect(() => registryOf(definitions)).toThrow(`two actions or folds are named "${name}"`);
});

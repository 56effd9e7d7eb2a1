import { expect, it } from "vitest";
import { action, fold } from "../../services/actions.ts";
import { registryOf } from "../../services/registry.ts";

const work = action({ name: "work", run: () => null });
const summarize = fold({ name: "summarize", init: 0, step: (acc) => acc });

it("finds actions and folds by name, each only as what it is", () => {
  const { findAction, findFold } = registryOf([work, summarize]);
  expect(findAction("work")).toBe(work);
  expect(findFold("summarize")).toBe(summarize);
  for (const name of ["summarize", "constructor", ""]) expect(findAction(name)).toBeUndefined();
  for (const name of ["work", "constructor", ""]) expect(findFold(name)).toBeUndefined();
});

it.each([
  [[work, { ...work }], "work"],
  [[summarize, { ...summarize }], "summarize"],
  [[work, { ...summarize, name: "work" }], "work"],
])("refuses two of the same name", (definitions, name) => {
  expect(() => registryOf(definitions)).toThrow(`two actions or folds are named "${name}"`);
});

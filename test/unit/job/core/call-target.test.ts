import { expect, it } from "vitest";
import { action } from "../../../../services/actions.ts";
import { durableAction } from "../../../../services/durable-action.ts";
import { callTarget } from "../../../../services/job/core/call-target.ts";

it("is nobody for a function action", () => {
  expect(callTarget("work", action({ name: "work", run: () => null }))).toBeNull();
});

it("is the private handler of a durable action's own service", () => {
  const approve = durableAction({ name: "approve", run: async () => null });
  expect(callTarget("approve", approve)).toEqual({
    kind: "durable",
    service: "approve",
    handler: "task",
  });
});

it("is what a remote action names", () => {
  expect(callTarget("Crm/note", undefined)).toEqual({
    kind: "remote",
    service: "Crm",
    handler: "note",
  });
});

import { expect, it } from "vitest";
import { END_STATUSES } from "../../../../clients/cli/shared/statuses.ts";
import { EndStatus } from "../../../../services/contract/task.ts";

it("knows every status of the contract", () => {
  expect(END_STATUSES).toEqual(EndStatus.options);
});

import { expect, it } from "vitest";
import { END_STATUSES, LISTED_STATES } from "../../../../clients/cli/shared/statuses.ts";
import { ListedState } from "../../../../services/contract/job-list.ts";
import { EndStatus } from "../../../../services/contract/task.ts";

it("knows every status of the contract", () => {
  expect(END_STATUSES).toEqual(EndStatus.options);
  expect(LISTED_STATES).toEqual(ListedState.options);
});

import { describe, expect, it } from "vitest";
import { JobRequest } from "../../../../services/contract/job-request.ts";
import { planAnswer } from "../../../../services/job/core/plan-answer.ts";

describe("planAnswer", () => {
  it.each([
    [{ tasks: 3 }, { tasks: 3, first: { a: 1 }, last: { a: 1 } }],
    [
      { range: { as: "page", start: 5, stop: 1, step: -2 } },
      { tasks: 3, first: { a: 1, page: 5 }, last: { a: 1, page: 1 } },
    ],
    [
      { range: { start: 1, stop: 5, batch: 2 } },
      { tasks: 3, first: { a: 1, item: [1, 2] }, last: { a: 1, item: [5] } },
    ],
    [
      { foreach: { items: ["x", "y"] } },
      { tasks: 2, first: { a: 1, item: "x" }, last: { a: 1, item: "y" } },
    ],
    [
      { foreach: { as: "a", items: ["x", "y", "z"], batch: 2 } },
      { tasks: 2, first: { a: ["x", "y"] }, last: { a: ["z"] } },
    ],
    [{ foreach: { items: [] } }, { tasks: 0 }],
    [{ from: { action: "pages" } }, { tasks: null }],
  ])("shows what %j makes of the first stage", (fanout, expected) => {
    const { stages } = answer({ action: "work", payload: { a: 1 }, fanout });
    expect(stages).toEqual([{ stage: 0, action: "work", ...expected }]);
  });

  it("does not know how many tasks later stages and open jobs get", () => {
    const request = { actionChain: ["a", "b"], fanout: { tasks: 3 } };
    expect(answer(request).stages.map(({ tasks }) => tasks)).toEqual([3, null]);
    expect(answer({ ...request, open: true }).stages.map(({ tasks }) => tasks)).toEqual([
      null,
      null,
    ]);
    expect(answer({ action: "a", open: true }).stages).toEqual([
      { stage: 0, action: "a", tasks: null },
    ]);
  });
});

// --- internal ---

function answer(request: object) {
  return planAnswer(JobRequest.parse(request), () => undefined);
}

import { describe, expect, it } from "vitest";
import { AnswerFlow } from "../../../../services/task/calls/answer-flow.ts";

const ALL = Infinity;

describe("the calls that are awaited at a time", () => {
  it("are all of them at first, and while few answer", () => {
    const flow = new AnswerFlow();
    expect(flow.width).toBe(ALL);
    for (let look = 0; look < 100; look += 1) {
      flow.answered(0);
      flow.looked();
      expect(flow.width).toBe(ALL);
    }
  });

  it("are the oldest few while answers come fast", () => {
    const flow = fast();
    expect(flow.width).toBeLessThan(10);
    flow.looked();
    flow.answered(0);
    flow.looked();
    expect(flow.width).toBeLessThan(10);
  });

  it("are all of them again when none has answered from one look to the next", () => {
    const flow = fast();
    flow.looked();
    flow.looked();
    expect(flow.width).toBe(ALL);
  });

  it("stay all of them then while only those answer that are behind a few slow ones", () => {
    const flow = fast();
    const { width: few } = flow;
    flow.looked();
    flow.looked();
    for (let answer = 0; answer < 100; answer += 1) flow.answered(few);
    expect(flow.width).toBe(ALL);
    for (let answer = 0; answer < 100; answer += 1) flow.answered(few - 1);
    expect(flow.width).toBe(few);
  });
});

function fast(): AnswerFlow {
  const flow = new AnswerFlow();
  for (let answer = 0; answer < 2; answer += 1) flow.answered(0);
  return flow;
}

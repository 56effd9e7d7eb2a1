import { describe, expect, it } from "vitest";
import { AnswerFlow } from "../../../../services/task/calls/answer-flow.ts";

const calls = Array.from({ length: 250 }, (_, at) => at);

function answers(flow: AnswerFlow, count: number): void {
  for (let at = 0; at < count; at++) flow.answered();
}

describe("AnswerFlow", () => {
  it("has eight calls stand for all, evenly spread", () => {
    expect(new AnswerFlow().standFor(calls)).toEqual([0, 31, 62, 93, 125, 156, 187, 218]);
  });

  it("gives each call its turn within as many waits as there are calls to one that is awaited", () => {
    const flow = new AnswerFlow();
    const waits = Array.from({ length: 32 }, () => flow.standFor(calls));
    expect(new Set(waits.flat()).size).toBe(250);
  });

  it("awaits all of a few", () => {
    expect(new AnswerFlow().standFor([1, 2, 3])).toEqual([1, 2, 3]);
  });

  it("awaits all once a look has seen fewer than two answers", () => {
    const flow = new AnswerFlow();
    answers(flow, 2);
    flow.looked();
    expect(flow.standFor(calls)).toHaveLength(8);
    answers(flow, 1);
    flow.looked();
    expect(flow.standFor(calls)).toEqual(calls);
  });

  it("has few stand for all again as soon as two have answered, before the next look", () => {
    const flow = new AnswerFlow();
    flow.looked();
    answers(flow, 1);
    expect(flow.standFor(calls)).toEqual(calls);
    answers(flow, 1);
    expect(flow.standFor(calls)).toHaveLength(8);
  });
});

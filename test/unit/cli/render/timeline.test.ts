import { describe, expect, it } from "vitest";
import { plain } from "../../../../clients/cli/render/line.ts";
import { renderTimeline, type StageTimeline } from "../../../../clients/cli/render/timeline.ts";
import type { TimelineChunk } from "../../../../services/contract/handlers.ts";

const chunk = (first: number, from: number, to: number, failed = 0): TimelineChunk => ({
  first,
  size: 1_000,
  startedAt: 1_700_000_000_000 + from,
  endedAt: 1_700_000_000_000 + to,
  succeeded: 1_000 - failed,
  failed,
  worker: "one",
});
const stage = (number: number, chunks: TimelineChunk[]): StageTimeline => ({
  stage: number,
  action: `action_${number}`,
  chunks,
});
const drawn = (stages: StageTimeline[], columns = 60) => renderTimeline(stages, columns).map(plain);

describe("renderTimeline", () => {
  it("draws every stage on one axis, and chunks with failures apart", () => {
    const first = stage(0, [chunk(0, 0, 500), chunk(1_000, 400, 1_000, 2)]);
    expect(drawn([first, stage(1, [chunk(0, 900, 2_000)])])).toMatchInlineSnapshot(`
      [
        "stage 0 action_0: 2,000 tasks, 2 chunks, 1 worker, 1.0 s",
        "       0-999 =========                             0.5 s",
        " 1,000-1,999        xxxxxxxxxxx                    0.6 s",
        "stage 1 action_1: 1,000 tasks, 1 chunk, 1 worker, 1.1 s",
        "       0-999                 ===================== 1.1 s",
        "             0                               2.0 s",
      ]
    `);
  });

  it("draws what took no time", () => {
    expect(drawn([stage(0, [chunk(0, 5, 5)])])[1]).toContain("0-999 =");
  });

  it("puts chunks together where there are many, in the order in which they began", () => {
    const many = Array.from({ length: 100 }, (_, at) => chunk(at * 1_000, at * 10, at * 10 + 10));
    const lines = drawn([stage(0, many.toReversed())]);
    expect(lines).toHaveLength(1 + 20 + 1);
    expect(lines[1]).toMatch(/^ 5 chunks ==? +0\.1 s$/);
    expect(lines.at(-2)).toMatch(/^ 5 chunks +==? +0\.1 s$/);
  });

  it("says that there is nothing yet", () => {
    expect(drawn([stage(0, [])])).toEqual(["No chunk of tasks has ended."]);
  });

  it.each([200, 60, 20, 1])("keeps within %s columns", (columns) => {
    for (const line of drawn([stage(0, [chunk(0, 0, 500)])], columns)) {
      expect(line.length).toBeLessThanOrEqual(columns);
    }
  });
});

import { describe, expect, it } from "vitest";
import { groupFailures } from "../../../../clients/cli/render/failure-groups.ts";
import { renderFailures } from "../../../../clients/cli/render/failures.ts";
import { plain } from "../../../../clients/cli/render/line.ts";
import type { TaskOutcome } from "../../../../services/contract/task.ts";

const failure = (index: number, message: string, code = "TASK_FAILED", stage = 0): TaskOutcome => ({
  jobId: "a",
  stage,
  index,
  taskId: `a/${stage}/${index}`,
  parent: null,
  origin: index,
  generation: 1,
  status: "FAILED",
  error: { code, message },
  attempts: 1,
  startedAt: 0,
  durationMs: 1,
});

async function* source(...outcomes: TaskOutcome[]) {
  yield* outcomes;
}

describe("groupFailures", () => {
  it("takes messages that differ in numbers only as one, the largest group first", async () => {
    const failures = await groupFailures([
      source(
        failure(1, "no such user: 17"),
        ...[2, 3, 4, 5, 6, 7].map((index) => failure(index, `timeout after ${index} s`)),
      ),
      source(failure(0, "no such user: 17", "TASK_FAILED", 1)),
    ]);
    expect(failures).toEqual({
      failed: 8,
      groups: [
        {
          stage: 0,
          code: "TASK_FAILED",
          message: "timeout after 2 s",
          count: 6,
          indexes: [2, 3, 4, 5, 6],
        },
        { stage: 0, code: "TASK_FAILED", message: "no such user: 17", count: 1, indexes: [1] },
        { stage: 1, code: "TASK_FAILED", message: "no such user: 17", count: 1, indexes: [0] },
      ],
    });
  });

  it("gathers errors beyond a thousand kinds", async () => {
    const word = (index: number) => String.fromCodePoint(0x4e00 + index);
    const outcomes = Array.from({ length: 1_010 }, (_, index) => failure(index, word(index)));
    const { groups } = await groupFailures([source(...outcomes)]);
    expect(groups).toHaveLength(1_001);
    expect(groups[0]).toMatchObject({ code: "OTHERS", count: 10 });
  });
});

describe("renderFailures", () => {
  it("says what failed, where, and how it is run again", async () => {
    const failures = await groupFailures([
      source(
        failure(7, "task 7 fails\n\u001b[2Jas asked"),
        failure(4_711, "gone", "TASK_CRASHED", 1),
      ),
    ]);
    expect(renderFailures("nightly", failures).map(plain)).toMatchInlineSnapshot(`
      [
        "1 TASK_FAILED task 7 fails [2Jas asked (stage 0, tasks 7)",
        "1 TASK_CRASHED gone (stage 1, tasks 4711)",
        "fanfold redrive nightly runs them again once the job has ended.",
      ]
    `);
  });

  it("has nothing to say where nothing failed", () => {
    const lines = renderFailures("nightly", { failed: 0, groups: [] }).map(plain);
    expect(lines).toEqual(["No task has failed."]);
  });
});

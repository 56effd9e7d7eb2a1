import { describe, expect, it } from "vitest";
import { crashedGroup } from "../../../services/task/crashed-group.ts";
import { parseLine } from "../../../services/task/record.ts";
import { chunkLog, chunkSpec } from "../support/chunks.ts";
import { untried } from "../support/executions.ts";

const begun = { boot: "b", at: 700, worker: "here:1", isAlone: true };
const inputs = {
  tasks: [{ ...untried(3), parent: 8, origin: 2 }],
  inputOf: (index: number) => ({ item: index }),
};

describe("crashedGroup", () => {
  it("is the outcome of a task that its process died of", () => {
    const { head, lines } = crashedGroup(chunkSpec({ stage: 1 }), inputs, 3, { begun, deaths: 7 });
    expect(head).toMatchObject({ outcomes: 1, succeeded: 0, failed: 1, report: false });
    expect(parseLine(lines[0]!, { jobId: "job", stage: 1, startedAt: 0 })).toEqual({
      jobId: "job",
      stage: 1,
      index: 3,
      taskId: "job/1/3",
      parent: "job/0/8",
      origin: 2,
      generation: 1,
      status: "FAILED",
      attempts: 7,
      startedAt: 700,
      durationMs: 0,
      error: {
        code: "TASK_CRASHED",
        message: "The worker process died of this task again and again.",
      },
      input: { item: 3 },
    });
  });

  it("ends its task and passes nothing on", () => {
    const spec = chunkSpec({ first: 3, size: 1, next: { stage: 1, action: "next" } });
    const log = chunkLog(spec);
    log.add(crashedGroup(spec, inputs, 3, { begun, deaths: 7 }));
    expect(log.isDone).toBe(true);
    log.flush();
    expect(log.report(true).pieces.reduce((sum, { count }) => sum + count, 0)).toBe(0);
  });
});

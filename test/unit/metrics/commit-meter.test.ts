import { beforeEach, describe, expect, it } from "vitest";
import { CommitMeter } from "../../../services/metrics/commit-meter.ts";
import { metricsText } from "../../../services/metrics/exposition.ts";
import { registry } from "../../../services/metrics/registry.ts";
import type { GroupHead } from "../../../services/task/executor/group.ts";
import { untried } from "../support/executions.ts";

beforeEach(() => registry.resetMetrics());

const head = (fields: Partial<GroupHead>): GroupHead => ({
  at: 0,
  outcomes: 0,
  passes: "results",
  worker: "w",
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  retries: [],
  taskMs: 0,
  running: 0,
  retrying: 0,
  nextRetryAt: null,
  returnedFrom: null,
  report: false,
  ...fields,
});

const group = head({
  outcomes: 6,
  succeeded: 3,
  failed: 2,
  cancelled: 1,
  retries: [untried(7), untried(8)],
  taskMs: 1_500,
});

async function fanfoldLines(): Promise<string[]> {
  const lines = (await metricsText()).split("\n");
  return lines.filter((line) => line.startsWith("fanfold_") && !line.endsWith(" 0"));
}

describe("CommitMeter", () => {
  it("counts tasks, attempts and their time of a group that becomes durable", async () => {
    const meter = new CommitMeter("work");
    meter.taken(group);
    meter.committed();
    expect(await fanfoldLines()).toEqual(
      expect.arrayContaining([
        'fanfold_tasks_total{action="work",outcome="succeeded"} 3',
        'fanfold_tasks_total{action="work",outcome="failed"} 2',
        'fanfold_tasks_total{action="work",outcome="cancelled"} 1',
        'fanfold_attempts_total{action="work",result="succeeded"} 3',
        'fanfold_attempts_total{action="work",result="failed"} 2',
        'fanfold_attempts_total{action="work",result="retried"} 2',
        'fanfold_attempt_seconds_total{action="work"} 1.5',
        'fanfold_commit_outcomes_bucket{le="10"} 1',
        "fanfold_commit_outcomes_sum 6",
        "fanfold_commit_seconds_count 1",
      ]),
    );
  });

  it("times no commit that a replay reads", async () => {
    const meter = new CommitMeter("work");
    meter.committed();
    meter.taken(group);
    meter.committed();
    meter.committed();
    expect(await fanfoldLines()).toContain("fanfold_commit_seconds_count 1");
  });

  it("counts a convicted task where its last death was found", async () => {
    const convicted = head({ outcomes: 1, failed: 1 });
    const meter = new CommitMeter("deadly");
    meter.convicted(convicted);
    meter.died();
    meter.convicted(convicted);
    const lines = await fanfoldLines();
    expect(lines).toContain('fanfold_tasks_total{action="deadly",outcome="failed"} 1');
    expect(lines).toContain('fanfold_lost_rounds_total{action="deadly"} 1');
    expect(lines.filter((line) => line.startsWith("fanfold_commit_"))).toEqual([]);
  });

  it("counts what a chunk kept of its tasks", async () => {
    new CommitMeter("work").ended(700);
    expect(await fanfoldLines()).toContain('fanfold_chunk_tasks_bucket{le="1000"} 1');
  });
});

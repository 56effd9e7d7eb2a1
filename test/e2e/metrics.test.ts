import { expect, it } from "vitest";
import { durableAction } from "../../services/durable-action.ts";
import { metricsText } from "../../services/metrics/exposition.ts";
import { echo, refuse } from "../support/actions.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const slow = durableAction<object, null>({
  name: "slow",
  run: async (ctx) => {
    await ctx.sleep(50);
    return null;
  },
});

const { job } = await startTestFanfold({ actions: [echo, refuse, slow] });

// An attempt that has been suspended reads what it would have counted.
it("counts the tasks of every kind of action once", async () => {
  const request = { fanout: { tasks: 700 }, retry: { maxAttempts: 1 } };
  await job().run({ ...request, action: "echo", nextActions: ["refuse"] });
  await job().run({ action: "slow", fanout: { tasks: 30 } });
  const lines = (await metricsText()).split("\n");
  expect(lines.filter((line) => /^fanfold_(tasks|attempts)_total\{/.test(line)).sort()).toEqual([
    'fanfold_attempts_total{action="echo",result="succeeded"} 700',
    'fanfold_attempts_total{action="refuse",result="failed"} 700',
    'fanfold_attempts_total{action="slow",result="succeeded"} 30',
    'fanfold_tasks_total{action="echo",outcome="succeeded"} 700',
    'fanfold_tasks_total{action="refuse",outcome="failed"} 700',
    'fanfold_tasks_total{action="slow",outcome="succeeded"} 30',
  ]);
  expect(lines).toContain("fanfold_commit_outcomes_sum 1400");
  expect(lines).toContain("fanfold_chunk_tasks_sum 1430");
});

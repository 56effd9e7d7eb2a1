import { expect, it } from "vitest";
import { action } from "../../services/actions.ts";
import { eventually } from "../support/eventually.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const TASKS = 41;
const starts: number[] = [];
let isOpen = false;

/** Long results, but for the last task: that one waits until the test lets it go. */
const bulky = action({
  name: "bulky",
  run: async ({ index }) => {
    starts.push(index);
    if (index < TASKS - 1) return "x".repeat(900_000);
    await eventually(async () => expect(isOpen).toBe(true));
    return "last";
  },
});

const fanfold = await startTestFanfold({ actions: [bulky] });

// Replayed, 36 MiB of commits would be sent again at each of them.
it("takes up a chunk whose runner somebody has killed, however much that had stored", async () => {
  const job = fanfold.job();
  await job.submit({
    action: "bulky",
    fanout: { tasks: TASKS },
    limits: { concurrency: TASKS },
    fold: "none",
  });
  await eventually(async () => {
    expect((await job.status()).stages[0]!.counts).toMatchObject({ succeeded: 40, running: 1 });
  });
  expect(await fanfold.admin.kill("Runner/run")).toBe(1);
  isOpen = true;
  expect(await job.outcome()).toMatchObject({
    status: "SUCCEEDED",
    taskCounts: { SUCCEEDED: 41 },
  });
  expect(await job.verify()).toMatchObject({ ok: true, checked: 41 });
  const twice = starts.filter((index, at) => starts.indexOf(index) < at);
  expect(twice).toEqual([TASKS - 1]);
});

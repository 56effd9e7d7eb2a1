import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { action } from "../../actions.ts";
import { ProcessedItem, WorkItem } from "./work-item.ts";

/** Works on one item for half a second to two seconds. */
export const processWorkItem = action({
  name: "process_work_item",
  input: z.object({ item: WorkItem }),
  output: ProcessedItem,
  run: async ({ input: { item }, attempt }, { signal }) => {
    const startedAt = new Date();
    await sleep(randomInt(500, 2_000), undefined, { signal });
    return {
      item,
      processed: `Processed_${item}`,
      value: randomInt(1, 101),
      metrics: {
        startedAt: startedAt.toISOString(),
        processingMs: Date.now() - startedAt.getTime(),
        attempt,
      },
    };
  },
});

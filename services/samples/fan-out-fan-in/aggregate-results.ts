import { fold } from "../../actions.ts";
import { ProcessedItem } from "./work-item.ts";

/** What a job of work items comes to. Items that failed are missing, and `success` is false. */
export interface Aggregate {
  readonly total_items_processed: number;
  readonly total_value: number;
  /** 0 if nothing was processed */
  readonly average_value: number;
  /** seconds, of all items together */
  readonly total_processing_time: number;
  /** in the order of the work items */
  readonly processed_items: readonly string[];
  readonly success: boolean;
}

/** Adds up what `process_work_item` returned. */
export const aggregateResults = fold({
  name: "aggregate_results",
  init: { value: 0, processingMs: 0, processed: [] as string[], failed: 0 },
  step: (sum, { status, result }) => {
    if (status === "SUCCEEDED") {
      const { processed, value, metrics } = ProcessedItem.parse(result);
      sum.value += value;
      sum.processingMs += metrics.processingMs;
      sum.processed.push(processed);
    } else sum.failed += 1;
    return sum;
  },
  finish: ({ value, processingMs, processed, failed }): Aggregate => ({
    total_items_processed: processed.length,
    total_value: value,
    average_value: processed.length > 0 ? value / processed.length : 0,
    total_processing_time: processingMs / 1_000,
    processed_items: processed,
    success: failed === 0,
  }),
});

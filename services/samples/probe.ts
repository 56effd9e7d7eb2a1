import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { action, emit, RetryableError, TerminalError } from "../actions.ts";

const ProbeInput = z.object({
  item: z.unknown().optional(),
  /** how long the task takes */
  sleepMs: z.number().min(0).optional(),
  /** tasks that fail for good */
  failIndexes: z.array(z.int()).optional(),
  /** how many attempts of each task fail before one succeeds */
  failAttempts: z.int().optional(),
  /** how many tasks each task gives to the next stage */
  emit: z.int().min(0).optional(),
  /** padding of the result */
  bytes: z.int().min(0).optional(),
});

/** The diagnostic action: takes as long, fails as often and returns as much as its input says. */
export const probe = action({
  name: "probe",
  input: ProbeInput,
  run: async (task, context) => {
    const { item, sleepMs = 0, failIndexes = [], failAttempts = 0, bytes = 0 } = task.input;
    const { index, attempt } = task;
    // A signal costs more than a task that does nothing: it is asked for only to sleep.
    if (sleepMs > 0) await sleep(sleepMs, undefined, { signal: context.signal });
    if (attempt <= failAttempts) throw new RetryableError(`attempt ${attempt} fails as asked`);
    if (failIndexes.includes(index)) throw new TerminalError(`task ${index} fails as asked`);

    const result = { index, item, ...(bytes > 0 ? { padding: "x".repeat(bytes) } : {}) };
    if (task.input.emit === undefined) return result;
    const items = Array.from({ length: task.input.emit }, (_, n) => ({ parent: index, n }));
    return emit(result, { foreach: { items } });
  },
});

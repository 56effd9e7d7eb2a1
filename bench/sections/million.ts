import { meanwhile } from "../meanwhile.ts";
import { residentMiB } from "../resident-memory.ts";
import { median, percentile } from "../statistics.ts";
import type { Section } from "./section.ts";

/** A million tasks: as fast per task as fewer, in no more memory, and readable all the while. */
export const million: Section = {
  name: "million",
  withinMs: 60_000,
  async measure({ ingress, fanfoldPid, repeats }) {
    const tenth = () => ingress.runJob({ action: "noop", tasks: TASKS / 10 });
    await tenth();
    const tenthMs: number[] = [];
    for (let round = 0; round < repeats(3); round++) tenthMs.push(await tenth());

    const pid = fanfoldPid();
    const memoryBefore = residentMiB(pid);
    let memoryPeak = memoryBefore;
    const lookAtMemory = () => {
      memoryPeak = Math.max(memoryPeak, residentMiB(pid));
    };
    // On the beat, whether the read before has been answered or not: slow answers are not spared.
    const reads: Promise<number>[] = [];
    const readStatus = () => {
      const read = ingress.readStatus(job.jobId);
      read.catch(() => undefined);
      reads.push(read);
    };

    const job = await ingress.submit({ action: "noop", tasks: TASKS });
    const ms = await meanwhile(MEMORY_EVERY_MS, lookAtMemory, () =>
      meanwhile(STATUS_EVERY_MS, readStatus, () => job.tookMs()),
    );
    const statusMs = await Promise.all(reads);

    return [
      { name: "1,000,000 tasks", value: TASKS / (ms / 1_000), unit: "tasks/s" },
      {
        name: "1,000,000 tasks : 100,000 tasks",
        value: (10 * median(tenthMs)) / ms,
        unit: "×",
        target: { atLeast: 0.8 },
      },
      {
        name: "memory growth meanwhile",
        value: memoryPeak - memoryBefore,
        unit: "MiB",
        target: { atMost: 300 },
      },
      {
        name: `status meanwhile, median of ${statusMs.length}`,
        value: median(statusMs),
        unit: "ms",
      },
      {
        name: "status meanwhile, p99",
        value: percentile(statusMs, 0.99),
        unit: "ms",
        target: { atMost: 50 },
      },
    ];
  },
};

// --- internal ---

const TASKS = 1_000_000;
const MEMORY_EVERY_MS = 20;
const STATUS_EVERY_MS = 50;

import type { Section } from "./section.ts";

/** A million tasks at full speed are called off: the answer comes at once, the end soon. */
export const cancel: Section = {
  name: "cancel",
  withinMs: 40_000,
  async measure({ ingress, repeats }) {
    const answeredMs: number[] = [];
    const endedMs: number[] = [];
    for (let round = 0; round < repeats(5); round++) {
      const { jobId } = await ingress.submit({ action: "noop", tasks: TASKS });
      await ingress.succeeded(jobId, AT_SPEED);
      const cancelled = await ingress.cancel(jobId);
      answeredMs.push(cancelled.answeredMs);
      endedMs.push(cancelled.endedMs);
    }
    return [
      {
        name: "cancel of 1,000,000 tasks, answered",
        value: Math.max(...answeredMs),
        unit: "ms",
        target: { atMost: 100 },
      },
      {
        name: "cancel of 1,000,000 tasks, ended",
        value: Math.max(...endedMs),
        unit: "ms",
        target: { atMost: 2_000 },
      },
    ];
  },
};

// --- internal ---

const TASKS = 1_000_000;
const AT_SPEED = 100_000;

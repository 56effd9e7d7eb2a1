import { interleave } from "../interleave.ts";
import type { Section } from "./section.ts";

/** Tasks that wait 10 ms each, 1,000 at once: how much of the ideal concurrency is reached. */
export const waiting: Section = {
  name: "waiting",
  withinMs: 30_000,
  async measure({ ingress, repeats }) {
    await ingress.runJob({ action: "wait_10ms", tasks: 10_000 });
    const { ms } = await interleave(repeats(3), {
      ms: () => ingress.runJob({ action: "wait_10ms", tasks: 100_000 }),
    });
    return [
      { name: "100,000 tasks of 10 ms", value: ms, unit: "ms" },
      {
        name: "100,000 tasks of 10 ms : ideal",
        value: ms / IDEAL_MS,
        unit: "×",
        target: { atMost: 1.5 },
      },
    ];
  },
};

// --- internal ---

/** 100,000 tasks × 10 ms / 1,000 at once. */
const IDEAL_MS = 1_000;

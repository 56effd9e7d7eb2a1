import { interleave } from "../interleave.ts";
import type { Section } from "./section.ts";

/** A stage that is judged and folded while it runs is hardly slower than one that is not. */
export const judged: Section = {
  name: "judged",
  withinMs: 60_000,
  async measure({ ingress, repeats }) {
    const plain = { action: "value", tasks: TASKS } as const;
    await ingress.runJob(plain);
    const ms = await interleave(repeats(9), {
      plain: () => ingress.runJob(plain),
      judged: () =>
        ingress.runJob({
          ...plain,
          failurePolicy: { tolerate: { percent: 1 } },
          fold: { stats: { path: "value" } },
        }),
    });
    return [
      { name: "100,000 tasks, plain", value: TASKS / (ms.plain / 1_000), unit: "tasks/s" },
      {
        name: "100,000 with tolerate and stats : plain",
        value: ms.plain / ms.judged,
        unit: "×",
        target: { atLeast: 0.9 },
      },
    ];
  },
};

// --- internal ---

const TASKS = 100_000;

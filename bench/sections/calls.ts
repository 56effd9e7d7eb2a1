import { interleave } from "../interleave.ts";
import type { Section } from "./section.ts";

/** Tasks that are calls: what Fanfold costs beside them, against calls that somebody makes by hand. */
export const calls: Section = {
  name: "calls",
  withinMs: 600_000,
  async measure({ ingress, repeats }) {
    // By hand all tasks are under way at once.
    const limits = { concurrency: SMALL };
    const durable = (tasks: number) => ingress.runJob({ action: "durable_noop", tasks, limits });
    const remote = (tasks: number) =>
      ingress.runJob({ action: "HandWrittenTask/take", tasks, limits });
    await durable(1_000);
    await remote(1_000);
    await ingress.runHandWritten("calls", 1_000);

    const small = await interleave(repeats(5), {
      byHand: () => ingress.runHandWritten("calls", SMALL),
      durable: () => durable(SMALL),
      remote: () => remote(SMALL),
    });
    const large = await durable(LARGE);

    const byHand = perSecond(SMALL, small.byHand);
    const ours = {
      durable: perSecond(SMALL, small.durable),
      remote: perSecond(SMALL, small.remote),
    };
    const many = perSecond(LARGE, large);
    return [
      { name: "by hand: calls, 10,000 tasks", value: byHand, unit: "tasks/s" },
      { name: "10,000 durable tasks", value: ours.durable, unit: "tasks/s" },
      { name: "10,000 remote tasks", value: ours.remote, unit: "tasks/s" },
      { name: "50,000 durable tasks", value: many, unit: "tasks/s" },
      { name: "durable : by hand", value: ours.durable / byHand, unit: "×", target: LEAST },
      { name: "remote : by hand", value: ours.remote / byHand, unit: "×", target: LEAST },
      {
        name: "50,000 durable : 10,000",
        value: many / ours.durable,
        unit: "×",
        target: { atLeast: 0.95 },
      },
    ];
  },
};

// --- internal ---

const SMALL = 10_000;
const LARGE = 50_000;
const LEAST = { atLeast: 0.9 };

function perSecond(tasks: number, ms: number): number {
  return tasks / (ms / 1_000);
}

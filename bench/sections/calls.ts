import { interleave } from "../interleave.ts";
import type { Section } from "./section.ts";

/**
 * Tasks that are calls: what Fanfold costs beside them, against calls that somebody makes by hand. A
 * handler of one's own process is called (a durable action, with Fanfold), and one of a third process.
 */
export const calls: Section = {
  name: "calls",
  withinMs: 900_000,
  async measure({ ingress, repeats }) {
    // By hand all tasks are under way at once.
    const limits = { concurrency: SMALL };
    const contestants = (tasks: number) => ({
      byHand: () => ingress.runHandWritten("calls", tasks),
      durable: () => ingress.runJob({ action: "durable_noop", tasks, limits }),
      remoteByHand: () => ingress.runHandWritten("remoteCalls", tasks),
      remote: () => ingress.runJob({ action: "RemoteTask/run", tasks, limits }),
    });
    await interleave(1, contestants(WARM_UP));

    const small = await interleave(repeats(5), contestants(SMALL));
    const large = await contestants(LARGE).durable();

    const ours = perSecond(SMALL, small.durable);
    const many = perSecond(LARGE, large);
    const durable = small.byHand / small.durable;
    const remote = small.remoteByHand / small.remote;
    return [
      { name: "by hand: calls, 10,000 tasks", value: perSecond(SMALL, small.byHand), unit: PACE },
      { name: "10,000 durable tasks", value: ours, unit: PACE },
      {
        name: "by hand: remote calls, 10,000 tasks",
        value: perSecond(SMALL, small.remoteByHand),
        unit: PACE,
      },
      { name: "10,000 remote tasks", value: perSecond(SMALL, small.remote), unit: PACE },
      { name: "50,000 durable tasks", value: many, unit: PACE },
      { name: "durable : by hand", value: durable, unit: "×", target: LEAST },
      { name: "remote : by hand", value: remote, unit: "×", target: LEAST },
      { name: "50,000 durable : 10,000", value: many / ours, unit: "×", target: { atLeast: 0.95 } },
    ];
  },
};

// --- internal ---

const WARM_UP = 1_000;
const SMALL = 10_000;
const LARGE = 50_000;
const PACE = "tasks/s";
const LEAST = { atLeast: 0.9 };

function perSecond(tasks: number, ms: number): number {
  return tasks / (ms / 1_000);
}

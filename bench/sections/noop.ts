import { interleave } from "../interleave.ts";
import type { Section } from "./section.ts";

/** Tasks that do nothing: what Fanfold itself costs, against what people write by hand. */
export const noop: Section = {
  name: "noop",
  withinMs: 100_000,
  async measure({ ingress, repeats }) {
    const job = (tasks: number, fold: "none" | "collect" = "none") =>
      ingress.runJob({ action: "noop", tasks, fold });
    await job(100_000);
    await ingress.runHandWritten("all", 1_000);
    await ingress.runHandWritten("chunked", 1_000);

    const small = await interleave(repeats(9), {
      all: () => ingress.runHandWritten("all", 1_000),
      job1k: () => job(1_000),
      job10k: () => job(10_000),
    });
    const large = await interleave(repeats(5), {
      chunked: () => ingress.runHandWritten("chunked", CHUNKED_TASKS),
      none: () => job(100_000),
      collect: () => job(100_000, "collect"),
    });

    const all = perSecond(1_000, small.all);
    const chunked = perSecond(CHUNKED_TASKS, large.chunked);
    const job1k = perSecond(1_000, small.job1k);
    const job10k = perSecond(10_000, small.job10k);
    const none = perSecond(100_000, large.none);
    const collect = perSecond(100_000, large.collect);
    return [
      { name: "by hand: all, 1,000 tasks", value: all, unit: "tasks/s" },
      { name: "by hand: chunked, 20,000 tasks", value: chunked, unit: "tasks/s" },
      { name: "1,000 tasks", value: job1k, unit: "tasks/s" },
      { name: "10,000 tasks", value: job10k, unit: "tasks/s" },
      { name: "100,000 tasks, fold none", value: none, unit: "tasks/s" },
      { name: "100,000 tasks, fold collect", value: collect, unit: "tasks/s" },
      { name: "1,000 tasks : all", value: job1k / all, unit: "×", target: { atLeast: 10 } },
      { name: "10,000 tasks : all", value: job10k / all, unit: "×", target: { atLeast: 20 } },
      { name: "100,000 none : all", value: none / all, unit: "×", target: { atLeast: 35 } },
      { name: "100,000 collect : all", value: collect / all, unit: "×", target: { atLeast: 35 } },
      { name: "100,000 none : chunked", value: none / chunked, unit: "×", target: { atLeast: 12 } },
    ];
  },
};

// --- internal ---

/** Some seconds of it. */
const CHUNKED_TASKS = 20_000;

function perSecond(tasks: number, ms: number): number {
  return tasks / (ms / 1_000);
}

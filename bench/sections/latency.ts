import { interleave } from "../interleave.ts";
import type { Section } from "./section.ts";

/** A fan-out too small to gain from Fanfold must not lose much either. */
export const latency: Section = {
  name: "latency",
  withinMs: 20_000,
  async measure({ ingress, repeats }) {
    const measurements = {
      all: () => ingress.runHandWritten("all", 10),
      job: () => ingress.runJob({ action: "noop", tasks: 10 }),
    };
    await interleave(5, measurements);
    const { all, job } = await interleave(repeats(60), measurements);
    return [
      { name: "by hand: all, 10 tasks", value: all, unit: "ms" },
      { name: "10 tasks", value: job, unit: "ms" },
      { name: "10 tasks : all", value: job / all, unit: "×", target: { atMost: 2 } },
    ];
  },
};

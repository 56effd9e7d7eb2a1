import { atOnce } from "../at-once.ts";
import { percentile } from "../statistics.ts";
import type { Section } from "./section.ts";

/** Two hundred who submit small jobs, each the next when the last has ended: nobody is refused. */
export const submits: Section = {
  name: "submits",
  withinMs: 180_000,
  async measure({ ingress, repeats }) {
    const seconds = repeats(30);
    const submitMs: number[] = [];
    const outcomeMs: number[] = [];
    const end = performance.now() + seconds * 1_000;
    await atOnce(SUBMITTERS, until(end), async () => {
      const startedAt = performance.now();
      const job = await ingress.submit({ action: "noop", tasks: 1 });
      submitMs.push(performance.now() - startedAt);
      outcomeMs.push(await job.tookMs());
    });
    return [
      { name: "small jobs of 200 submitters", value: submitMs.length / seconds, unit: "jobs/s" },
      { name: "submit, p99 of 200 at once", value: percentile(submitMs, 0.99), unit: "ms" },
      { name: "submit to outcome, p99", value: percentile(outcomeMs, 0.99), unit: "ms" },
    ];
  },
};

// --- internal ---

const SUBMITTERS = 200;

function* until(end: number): Generator<void> {
  while (performance.now() < end) yield;
}
